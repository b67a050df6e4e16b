package nn_test

import (
	"math"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// statsPlaces are where statistics are taken, with what keeps the values themselves.
var statsPlaces = []struct {
	at   nn.At
	axis int
}{
	{"layer1.0.relu#0", 1}, {"layer1.0.bn2", 1}, {"fc", 1}, {nn.Input, 1},
	{"layer2.0.conv1.weight", 0}, {"bn1.bias", 0}, {"fc.weight", 0},
}

// TestStatsAreThoseOfTheValues: statistics of outputs, gradients and parameters are those
// that the host counts, with and without channels, on two devices, fused or not.
func TestStatsAreThoseOfTheValues(t *testing.T) {
	pass := step()
	for _, p := range statsPlaces {
		for _, what := range []nn.What{nn.Keep, nn.Stats, nn.ChannelStats} {
			pass.Probes = append(pass.Probes, nn.Probe{At: p.at, What: what})
		}
	}
	pass.Probes = append(pass.Probes,
		nn.Probe{At: nn.EveryParameter, What: nn.ParamStats}, nn.Probe{At: "conv1.weight", What: nn.ParamChannelStats})
	for _, fuse := range []bool{false, true} {
		for name, dev := range map[string]tensor.Device{"cpu": device(t), "reference": tensortest.Reference()} {
			s := open(t, dev, small, nn.SessionOptions{Pass: pass, Fuse: fuse})
			if err := s.SetTarget([]int{1, 2}); err != nil {
				t.Fatal(err)
			}
			logits(t, s)
			checkStats(t, name, s)
			checkParamStats(t, name, s)
		}
	}
}

func checkStats(t *testing.T, name string, s *nn.Session) {
	t.Helper()
	for _, p := range statsPlaces {
		kept, err := s.Kept(p.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range []nn.What{nn.Stats, nn.ChannelStats} {
			got, err := s.Statistics(nn.Probe{At: p.at, What: what})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := nn.StatisticsOf(kept, what == nn.ChannelStats, p.axis)
			if what == nn.ChannelStats && len(got.PerChannel) != kept.Shape[p.axis] {
				t.Errorf("%s, %s: %d channels of %v", name, p.at, len(got.PerChannel), kept.Shape)
			}
			sameStats(t, name+", "+string(p.at), got, &want)
		}
	}
}

// checkParamStats compares the statistics of each parameter's values.
func checkParamStats(t *testing.T, name string, s *nn.Session) {
	t.Helper()
	last := len(s.Lowered().Probes) - 1
	all, err := s.Probe(last - 1)
	if err != nil {
		t.Fatal(err)
	}
	one, err := s.Probe(last)
	if err != nil || len(one) != 1 || len(one[0].Statistics.PerChannel) != 16 {
		t.Fatalf("%s: %+v (%v)", name, one, err)
	}
	learnable := 0
	for _, p := range s.Model().Params {
		if p.Role.Learnable() {
			learnable++
		}
	}
	if len(all) != learnable {
		t.Errorf("%s: %d parameters, want %d", name, len(all), learnable)
	}
	for _, m := range append(all, one...) {
		v := tensor.New(s.Model().Params[m.Index].Shape...)
		if err := s.State().Read(string(m.At), v); err != nil {
			t.Fatal(err)
		}
		want := nn.StatisticsOf(v, m.Statistics.PerChannel != nil, 0)
		sameStats(t, name+", "+string(m.At), m.Statistics, &want)
	}
}

// sameStats compares counts to the unit, and figures as float32 allow.
func sameStats(t *testing.T, where string, got, want *nn.Statistics) {
	t.Helper()
	if got.Histogram != want.Histogram || got.Elements != want.Elements || got.Zeros != want.Zeros ||
		got.NaN != want.NaN || got.Inf != want.Inf || len(got.PerChannel) != len(want.PerChannel) {
		t.Errorf("%s: counts differ", where)
	}
	scale := want.L2 / math.Sqrt(float64(want.Elements))
	near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*max(math.Abs(y), scale) }
	if !near(got.Mean, want.Mean) || !near(got.Std, want.Std) || got.Min != want.Min || got.Max != want.Max || !near(got.L2, want.L2) {
		t.Errorf("%s: %v %v %v %v %v, want %v %v %v %v %v", where,
			got.Mean, got.Std, got.Min, got.Max, got.L2, want.Mean, want.Std, want.Min, want.Max, want.L2)
	}
	for c, x := range got.PerChannel {
		y := want.PerChannel[c]
		if x.Finite != y.Finite || x.Zeros != y.Zeros || x.Max != y.Max || !near(x.Mean, y.Mean) || !near(x.Std, y.Std) {
			t.Errorf("%s, channel %d: %+v, want %+v", where, c, x, y)
		}
	}
}

// TestStatsStopNoFusion: statistics of every layer's output leave the net's kernels what
// they are.
func TestStatsStopNoFusion(t *testing.T) {
	m, dev := build(t, resnet.Config{Depth: 18}), device(t)
	kernels := func(probes ...nn.Probe) (n int) {
		lowered, list, err := nn.Fusions(dev, m, nn.SessionOptions{Fuse: true, Pass: step(probes...)})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if lowered.Plan.Ops[k.Op].Kind != tensor.Histogram {
				n++
			}
		}
		return n
	}
	every := []nn.Probe{
		{At: nn.EveryLayer, What: nn.Stats}, {At: nn.EveryParameter, What: nn.Stats}, {At: nn.EveryParameter, What: nn.ParamStats},
	}
	if bare, probed := kernels(), kernels(every...); bare != probed {
		t.Errorf("%d kernels, and with statistics %d", bare, probed)
	}
}

func TestStatsRefused(t *testing.T) {
	m := build(t, small)
	for _, c := range []struct {
		pass nn.Pass
		says string
	}{
		{nn.Pass{Probes: []nn.Probe{{At: "conv1", What: nn.ParamStats}}}, "param-stats can be taken at a parameter"},
		{nn.Pass{Probes: []nn.Probe{{At: "layer1.0", What: nn.Stats}}}, "stats can be taken at a layer or a parameter or the input"},
		{nn.Pass{Probes: []nn.Probe{{At: "fc.weight", What: nn.Stats}}}, "no gradients without a backward pass"},
		{nn.Pass{Probes: []nn.Probe{{At: "bn1.running_mean", What: nn.ParamStats}}}, "running statistic"},
	} {
		if _, err := m.Lower(c.pass); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want an error that says %q", err, c.says)
		}
	}
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{})
	if _, err := s.Statistics(nn.Probe{At: "conv1", What: nn.Stats}); err == nil {
		t.Error("there are statistics that no probe takes")
	}
}
