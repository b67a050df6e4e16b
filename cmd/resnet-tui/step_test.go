package main

import (
	"bytes"
	"math"
	"testing"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor/cpu"
)

// TestProfileOfAStep: forward, backward and update have rows of their own that
// add up, leave the program in every format and play back.
func TestProfileOfAStep(t *testing.T) {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8", Batch: 4})
	if err != nil {
		t.Fatal(err)
	}
	o := nn.SessionOptions{Pass: nn.TrainingStep(0, nn.SGD{Momentum: 0.9}), Fuse: true, Seed: 1}
	o.Probes = []nn.Probe{{At: nn.EveryBlock, What: nn.Flow}, {At: nn.EveryParameter, What: nn.Norm}}
	s, err := nn.NewSession(t.Context(), dev, m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTarget(nn.RandomTarget(1, 4, 10)); err != nil {
		t.Fatal(err)
	}
	if err := s.SetLearningRate(0.01); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Measure(t.Context(), s, profile.MeasureOptions{Runs: 5, Warmup: 1, Trace: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.Model, p.Device = profile.Describe(m, "random"), profile.DescribeDevice(dev.Info(), s.Options())
	p.Input = profile.Input{Shape: m.Root.In}
	sum, passes := p.Total.OverheadMS, map[string]int64{}
	for _, r := range p.Layers {
		sum += r.MeanMS
		passes[r.Pass] += r.MACs
	}
	if len(passes) != 3 || math.Abs(sum-p.Total.MeanMS) > 1e-9 {
		t.Errorf("passes %v; rows and overhead sum to %v of %v ms", passes, sum, p.Total.MeanMS)
	}
	// Every layer's gradient by its weight, and but for the first by its input.
	if first := m.Layers[0].Cost.MACs; passes["forward"] != m.Total.MACs || passes["backward"] != 2*m.Total.MACs-first || passes["update"] != 0 {
		t.Errorf("multiply-adds by pass %v, the net has %d", passes, m.Total.MACs)
	}
	for _, x := range exporters {
		var b bytes.Buffer
		if err := x.write(&b, p); err != nil || b.Len() == 0 {
			t.Errorf("--%s: %v", x.flag, err)
		}
	}
	var b bytes.Buffer
	if err := report.Write(&b, report.Profile{Profile: p}, "text"); err != nil || !bytes.Contains(b.Bytes(), []byte("\n  backward ")) {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	if err := export.PProf(&b, p); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.NewReplay(p, m.Model); err != nil {
		t.Errorf("it does not play back: %v", err)
	}
}
