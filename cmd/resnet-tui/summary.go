package main

import (
	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tensor/cpu"
)

// summaryCommand prints what a net costs.
func summaryCommand(a *app) *cobra.Command {
	var m modelFlags
	var o outputFlags
	var s report.SummaryOptions
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
	complete(cmd, "count", append(conventions(), "all")...)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		r, err := summarise(&m, s)
		if err != nil {
			return err
		}
		return o.print(cmd, r)
	})
	return cmd
}

// summarise is the report that the flags ask for.
func summarise(m *modelFlags, o report.SummaryOptions) (report.Report, error) {
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
	if o.PeakEval, err = peakBytes(model); err != nil {
		return nil, err
	}
	o.PeakTrain = profile.TrainBytes(model)
	s, err := report.NewSummary(model, o)
	if err != nil {
		return nil, asUsage(err)
	}
	s.Model.Weights = m.weights
	return s, nil
}

// peakBytes is what the CPU's fused program would hold at once.
func peakBytes(m *resnet.Model) (int64, error) {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		return 0, err
	}
	defer dev.Close()
	return programBytes(dev, m, resnet.SessionOptions{Fuse: true})
}

// conventions are the names that --count takes.
func conventions() []string {
	var names []string
	for _, c := range referenceCounts() {
		names = append(names, c.Name)
	}
	return names
}
