package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// inspection is a golden of what is in a net, and the net on a device.
type inspection struct {
	want   *oracle.Inspection
	model  *resnet.Model
	source tensor.Source
	device tensor.Device
	fuse   bool    // and with all algorithms; else one kernel for each layer, and exact ones
	slack  float64 // what the errors of PyTorch in float32 are multiplied by
}

// bar is how far a figure may be off: least, or as far as PyTorch itself is in float32,
// with some room since both round by chance. In float64 it is least.
func (x inspection) bar(least, theirs float64) float64 { return max(least, x.slack*theirs) }

// TestInspectionsArePyTorch compares what the program shows of what is in a net with all
// goldens: on the CPU, exact and fused, and of small nets in float64, where nothing but
// formulas can differ. In short mode, large nets are skipped.
func TestInspectionsArePyTorch(t *testing.T) {
	names, err := oracle.InspectionNames()
	if err != nil || len(names) == 0 {
		t.Fatalf("%d goldens (%v)", len(names), err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := oracle.LoadInspection(name)
			if err != nil {
				t.Fatal(err)
			}
			x := inspection{want: g, slack: 4}
			x.model = build(t, &oracle.Golden{Arch: g.Arch, Shape: g.Shape, Classes: g.Classes})
			if testing.Short() && x.model.Total.Params > 5e6 {
				t.Skip("a large net, and the test is short")
			}
			x.run(t)
		})
	}
}

// run checks a golden on each device.
func (x inspection) run(t *testing.T) {
	x.source = newWeights(t, x.want, x.model.Params)
	x.device = openCPUs(t)[0]
	t.Run("exact", x.check)
	x.fuse = true
	t.Run("fused", x.check)
	if x.model.Total.MACs < 1e7 {
		x.device, x.fuse, x.slack = newDouble(), false, 0
		t.Run("double", x.check)
	}
}

// check compares all that the golden has.
func (x inspection) check(t *testing.T) {
	t.Run("statistics", x.checkStatistics)
	t.Run("fields", x.checkFields)
	t.Run("excitement", x.checkExcitement)
	t.Run("explanations", x.checkExplanations)
}

// open compiles a pass on the golden's input.
func (x inspection) open(t *testing.T, pass nn.Pass) *nn.Session {
	t.Helper()
	o := nn.SessionOptions{Pass: pass, Fuse: x.fuse, Exact: !x.fuse, Source: x.source}
	s, err := nn.NewSession(context.Background(), x.device, x.model.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetInput(x.want.Input()); err != nil {
		t.Fatal(err)
	}
	return s
}

// checkStatistics compares what outputs and gradients hold.
func (x inspection) checkStatistics(t *testing.T) {
	s := x.open(t, nn.Pass{Backward: &nn.Backward{}, Probes: []nn.Probe{
		{At: nn.EveryLayer, What: nn.ChannelStats}, {At: nn.EveryParameter, What: nn.Stats},
		{At: nn.EveryParameter, What: nn.ParamStats},
	}})
	if err := s.SetTarget(x.want.Stats.Target); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	x.checkOutputs(t, s)
	x.checkParameters(t, s, 1, "the gradient of ", x.want.Stats.Gradients, x.want.Stats.Float32.Gradients)
	x.checkParameters(t, s, 2, "", x.want.Stats.Params, 0)
}

// checkOutputs compares the outputs of all layers that the session has.
func (x inspection) checkOutputs(t *testing.T, s *nn.Session) {
	t.Helper()
	measured, err := s.Probe(0)
	if err != nil || len(measured) == 0 || !x.fuse && len(measured) != len(x.want.Stats.Layers) {
		t.Fatalf("%d outputs (%v)", len(measured), err)
	}
	single := x.bar(1e-6, x.want.Stats.Float32.Layers)
	for _, m := range measured {
		l := x.model.Layers[m.Index]
		want := x.layer(t, l)
		got := m.Statistics
		x.compare(t, string(m.At), got, want, 1e-6, single)
		for _, c := range x.want.Stats.Channels {
			if place, err := inspect.Find(x.model.Model, c.Path); err != nil || place.Layer == l {
				x.compareChannels(t, c, got.PerChannel, single*want.Std)
			}
		}
	}
}

// layer is the golden of a layer's output.
func (x inspection) layer(t *testing.T, l *nn.Layer) oracle.TensorStats {
	t.Helper()
	for _, s := range x.want.Stats.Layers {
		if s.Path == l.Path && s.Call == l.Call {
			return s
		}
	}
	t.Fatalf("PyTorch made no call %d of %s", l.Call, l.Path)
	return oracle.TensorStats{}
}

// checkParameters compares what a probe took of all parameters: their values, whose
// histograms must be the same, or their gradients, in which PyTorch's float32 is off by theirs.
func (x inspection) checkParameters(
	t *testing.T, s *nn.Session, probe int, what string, want []oracle.TensorStats, theirs float64,
) {
	t.Helper()
	measured, err := s.Probe(probe)
	if err != nil || len(measured) != len(want) {
		t.Fatalf("%d parameters, PyTorch has %d (%v)", len(measured), len(want), err)
	}
	wants := byName(want)
	for _, m := range measured {
		name := string(m.At)
		x.compare(t, what+name, m.Statistics, wants[name], x.bar(1e-6, theirs/4), x.bar(1e-6, theirs))
		if n := moved(m.Statistics.Histogram, wants[name].Histogram); n != 0 && theirs == 0 {
			t.Errorf("%s: %d values are counted elsewhere", name, n)
		}
	}
}

// byName are statistics by name.
func byName(all []oracle.TensorStats) map[string]oracle.TensorStats {
	m := map[string]oracle.TensorStats{}
	for _, s := range all {
		m[s.Name] = s
	}
	return m
}

// compare compares figures relative to the deviation, that of the golden; those of a single
// value relative to it. Of the values near a power of two, some may be counted beside it.
func (x inspection) compare(
	t *testing.T, what string, got *nn.Statistics, want oracle.TensorStats, sums, single float64,
) {
	t.Helper()
	scale := want.Std
	if want.Shape.Elems() == 1 {
		scale = math.Abs(want.Mean)
	}
	for _, f := range []struct {
		name                  string
		got, want, scale, bar float64
	}{
		{"mean", got.Mean, want.Mean, scale, sums}, {"std", got.Std, want.Std, scale, sums},
		{"min", got.Min, want.Min, scale, single}, {"max", got.Max, want.Max, scale, single},
		{"l2", got.L2, want.L2, want.L2, sums},
	} {
		if !(math.Abs(f.got-f.want) <= f.bar*f.scale) {
			t.Errorf("%s: %s is %v, PyTorch's %v; %.2g off, %.2g allowed", what, f.name, f.got, f.want,
				math.Abs(f.got-f.want)/f.scale, f.bar)
		}
	}
	if got.Elements != int64(want.Shape.Elems()) || got.NaN+got.Inf != 0 || got.Zeros != want.Histogram.Zero {
		t.Errorf("%s: %d elements, %d NaN, %d Inf, %d zeros; PyTorch has %v and %d zeros",
			what, got.Elements, got.NaN, got.Inf, got.Zeros, want.Shape, want.Histogram.Zero)
	}
	if n := moved(got.Histogram, want.Histogram); n > 4+got.Elements/20_000 || x.slack == 0 && n > 0 {
		t.Errorf("%s: %d of %d values are counted elsewhere", what, n, got.Elements)
	}
}

// moved is how many values two histograms count in different places.
func moved(got nn.Histogram, want oracle.PowerHistogram) int64 {
	apart := abs(got.Zero - want.Zero)
	for i := range want.Positive {
		k := want.First + i - nn.MinExponent
		got.Negative[k] -= want.Negative[i]
		got.Positive[k] -= want.Positive[i]
	}
	for i := range got.Negative {
		apart += abs(got.Negative[i]) + abs(got.Positive[i])
	}
	return (apart + 1) / 2
}

func abs(n int64) int64 { return max(n, -n) }

// compareChannels compares figures of each channel, which may be off by bar.
func (x inspection) compareChannels(
	t *testing.T, want oracle.ChannelStats, got []nn.ChannelStatistics, bar float64,
) {
	t.Helper()
	if len(got) != len(want.Mean) {
		t.Fatalf("%s: %d channels, PyTorch has %d", want.Path, len(got), len(want.Mean))
	}
	for i, c := range got {
		off := max(math.Abs(c.Mean-want.Mean[i]), math.Abs(c.Std-want.Std[i]), math.Abs(c.Max-want.Max[i]))
		if !(off <= bar) || c.Zeros != want.Zeros[i] {
			t.Errorf("%s, channel %d: %+v, PyTorch's %g ± %g up to %g, %d zeros",
				want.Path, i, c, want.Mean[i], want.Std[i], want.Max[i], want.Zeros[i])
		}
	}
}
