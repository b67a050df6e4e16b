package cpu

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// BenchmarkHistograms times a training step with histograms of all outputs that kernels
// leave in memory, of all gradients of parameters and of all parameters, in turn with the
// same step without them, and reports what they take in percent: of the step, by the median
// of pairs; and, for a machine that does something else, by the sum of each kernel's least
// time, of all kernels of the step without them and of the other kernels of the step with
// them. The net is that of BenchmarkNet's flags.
func BenchmarkHistograms(b *testing.B) {
	batch, _ := strconv.Atoi(flag.Lookup("batch").Value.String())
	threads, _ := strconv.Atoi(flag.Lookup("threads").Value.String())
	c, err := resnet.ParseArch(flag.Lookup("arch").Value.String())
	if err != nil {
		b.Fatal(err)
	}
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		b.Fatal(err)
	}
	dev := open(b, "")
	without := newStep(b, dev, m.Model, threads)
	with := newStep(b, dev, m.Model, threads,
		nn.Probe{At: nn.EveryLayer, What: nn.Stats}, nn.Probe{At: nn.EveryParameter, What: nn.Stats},
		nn.Probe{At: nn.EveryParameter, What: nn.ParamStats})
	var ratios []float64
	for b.Loop() {
		base, more := without.run(b, nil), with.run(b, nil)
		ratios = append(ratios, 100*(more.Seconds()/base.Seconds()-1))
		without.run(b, without.keep)
		with.run(b, with.keep)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "%-of-step")
	histograms, others := with.kernels()
	_, base := without.kernels()
	b.ReportMetric(100*(histograms+others-base).Seconds()/base.Seconds(), "%-of-all-kernels")
	b.ReportMetric(100*histograms.Seconds()/others.Seconds(), "%-of-others")
}

// timedStep is a training step that can be run again and again.
type timedStep struct {
	tensor.Program
	plan  *tensor.Plan
	least map[int]time.Duration // of each kernel, by its first operation
}

func newStep(b *testing.B, dev tensor.Device, m *nn.Model, threads int, probes ...nn.Probe) *timedStep {
	b.Helper()
	pass := nn.TrainingStep(0, nn.SGD{Momentum: 0.9, Decay: 1e-4})
	pass.Probes = probes
	lowered, _, err := nn.Fusions(dev, m, nn.SessionOptions{Pass: pass, Fuse: true, Threads: threads})
	if err != nil {
		b.Fatal(err)
	}
	plan := lowered.Plan
	plan.Buffers[lowered.Target].Name = "target"
	p, _ := compile(b, dev, plan, 1, tensor.Options{Fuse: true, Threads: threads})
	for _, id := range plan.Find(tensor.Input) {
		if err := p.Write(id, tensortest.InputValues(plan, id, 1)); err != nil {
			b.Fatal(err)
		}
	}
	return &timedStep{p, plan, make(map[int]time.Duration)}
}

// run is the time of a step.
func (s *timedStep) run(b *testing.B, observe func(tensor.Span)) time.Duration {
	b.Helper()
	o := tensor.RunOptions{Scalars: slices.Repeat([]float32{1e-4}, len(s.plan.Scalars)), Observe: observe}
	start := time.Now()
	if err := s.Run(context.Background(), o); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// keep keeps a kernel's time, if it is the least.
func (s *timedStep) keep(span tensor.Span) {
	took := span.End - span.Start
	if least, ok := s.least[span.Op]; !ok || took < least {
		s.least[span.Op] = took
	}
}

// kernels is the least time of histograms and of all other kernels.
func (s *timedStep) kernels() (histograms, others time.Duration) {
	for op, took := range s.least {
		if s.plan.Ops[op].Kind == tensor.Histogram {
			histograms += took
		} else {
			others += took
		}
	}
	return histograms, others
}
