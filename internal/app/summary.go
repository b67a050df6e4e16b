package app

import (
	"cmp"
	"context"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// SummaryOptions say what a summary shows.
type SummaryOptions struct {
	Count string `json:"count,omitempty"` // convention of the printed total, see Conventions, or "all"; "" means macs
	All   bool   `json:"all,omitempty"`   // every block, instead of one row for a run of alike ones
}

// Summary is what a net costs; nothing is run and no weight is allocated. With
// weights in the spec it checks that they fit. For the count "all" it is the totals
// of every convention, a *report.Counts, else a *report.Summary.
func (v Service) Summary(spec Spec, o SummaryOptions, l Listener) (report.Report, error) {
	c, err := spec.config(l)
	if err != nil {
		return nil, err
	}
	if err := spec.checkSkips(); err != nil {
		return nil, err
	}
	m, err := spec.build(c)
	if err != nil {
		return nil, err
	}
	w, err := openWeights(&spec, m, l)
	if err != nil {
		return nil, err
	}
	if w.file != nil {
		defer w.file.Close()
	}
	if o.Count == "all" {
		return report.NewCounts(m), nil
	}
	ro := report.SummaryOptions{Count: cmp.Or(o.Count, defaultCount), All: o.All}
	if err := v.planPeaks(spec.Run, m, &ro, l); err != nil {
		return nil, err
	}
	s, err := report.NewSummary(m, ro)
	if err != nil {
		return nil, refused(err)
	}
	s.Model.Weights, s.Model.Partial = spec.Weights, w.partial
	return s, nil
}

// planPeaks sets what the fused programs of a device, the CPU unless it is named, hold at
// once in a precision: that of inference, and that of a training step with momentum, whose
// parameters and momentum stand beside their packed copies. The second stays 0 for a net
// that can't be trained at this batch.
func (v Service) planPeaks(r Run, m *resnet.Model, ro *report.SummaryOptions, l Listener) error {
	r = Run{Device: cmp.Or(r.Device, "cpu"), Precision: r.Precision}
	dev, err := v.openDevice(context.Background(), r, l)
	if err != nil {
		return err
	}
	defer dev.Close()
	o := (&Spec{Run: r}).sessionOptions()
	ro.Device = profile.DescribeDevice(dev.Info(), o)
	_, would, err := nn.Estimate(dev, m.Model, o)
	if err != nil {
		return ExplainMemory(dev, m.Model, o, err)
	}
	ro.PeakEval = would.Memory.Total()
	o.Pass = nn.TrainingStep(0, profiledUpdate)
	if _, would, err = nn.Estimate(dev, m.Model, o); err == nil {
		ro.PeakTrain = would.Memory.Total() + 4*(2*m.Total.Params+m.Total.Buffers)
	}
	return nil
}

// defaultCount is the convention where none is named.
const defaultCount = "macs"

// Conventions are the ways of counting operations, by name.
func Conventions() []string {
	var names []string
	for _, c := range ReferenceNet().Counts() {
		names = append(names, c.Name)
	}
	return names
}

// ReferenceNet is the net that tools are compared on, a ResNet-50 for one image.
func ReferenceNet() *resnet.Model {
	m, err := resnet.Build(resnet.Config{Arch: "resnet50"})
	if err != nil {
		panic(err) // it is the default net
	}
	return m
}
