package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// summaryCommand prints what a net costs.
func summaryCommand(a *app) *cobra.Command {
	var m modelFlags
	var o outputFlags
	var s report.SummaryOptions
	var device string
	cmd := &cobra.Command{
		Use:   "summary",
		Short: "the tree: shapes, parameters, MACs, memory",
		Long: "The tree of a net with shapes, parameters, operations, memory, receptive field and stride. " +
			"Nothing is run and no weight is allocated. With --weights it says whether a checkpoint fits the net.",
		Example: "resnet-tui summary --depth 101\nresnet-tui summary --arch vgg19_bn --format csv -o vgg.csv\nresnet-tui summary --count all",
	}
	m.add(cmd)
	o.add(cmd)
	cmd.Flags().StringVar(&s.Count, "count", "macs", "convention of the printed operations, or all of them (resnet-tui help counting)")
	cmd.Flags().BoolVar(&s.All, "all", false, "every block, instead of one row for a run of alike ones")
	cmd.Flags().StringVar(&device, "device", "auto", "whose memory is planned: auto or cpu")
	complete(cmd, "count", append(conventions(), "all")...)
	complete(cmd, "device", "auto", "cpu")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		r, err := summarise(cmd.Flags(), &m, device, s)
		if err != nil {
			return err
		}
		return o.print(cmd, r)
	})
	return cmd
}

// summarise is the report that the flags ask for.
func summarise(fs *pflag.FlagSet, m *modelFlags, device string, o report.SummaryOptions) (report.Report, error) {
	if err := m.adoptBuiltin(fs); err != nil {
		return nil, err
	}
	model, err := m.build()
	if err != nil {
		return nil, err
	}
	f, _, err := openWeights(m.weights, model)
	if err != nil {
		return nil, err
	}
	if f != nil {
		defer f.Close()
	}
	if o.Count == "all" {
		return report.NewCounts(model), nil
	}
	if o.PeakEval, o.PeakTrain, err = peakBytes(device, model); err != nil {
		return nil, err
	}
	s, err := report.NewSummary(model, o)
	if err != nil {
		return nil, asUsage(err)
	}
	s.Model.Weights = m.weights
	return s, nil
}

// peakBytes is what a device's fused programs hold at once: that of inference,
// and that of a training step with momentum, whose parameters and momentum
// stand beside their packed copies. The second is 0 for a net that can't be
// trained at this batch.
func peakBytes(device string, m *resnet.Model) (eval, train int64, err error) {
	dev, err := openDevice(device, tensor.FP32.String())
	if err != nil {
		return 0, 0, err
	}
	defer dev.Close()
	if eval, err = programBytes(dev, m, resnet.SessionOptions{Fuse: true}); err != nil {
		return 0, 0, err
	}
	step := resnet.SessionOptions{Fuse: true, Train: true, Backward: true, Update: &resnet.SGD{Momentum: 0.9}}
	if train, err = programBytes(dev, m, step); err != nil {
		return eval, 0, nil
	}
	return eval, train + 4*(2*m.Total.Params+m.Total.Buffers), nil
}

// conventions are the names that --count takes.
func conventions() []string {
	var names []string
	for _, c := range referenceCounts() {
		names = append(names, c.Name)
	}
	return names
}
