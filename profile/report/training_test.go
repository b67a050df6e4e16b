package report

import (
	"math"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
)

// someTracks returns made-up runs of two nets with two seeds each.
func someTracks() []*train.Track {
	var tracks []*train.Track
	for i, net := range []string{"cifar_plain8", "cifar_resnet8", "cifar_plain8", "cifar_resnet8"} {
		k := &train.Track{Run: train.Run{Model: net, Seed: uint64(1 + i/2)}}
		scale := 1 + 0.1*float64(i)
		for step := 1; step <= 100; step++ {
			k.Steps = append(k.Steps, train.StepRecord{Run: k.Run, Step: step, Epoch: 1 + step/51, Rate: 0.1,
				Loss: 2 * scale / math.Sqrt(float64(step))})
		}
		for epoch := 1; epoch <= 2; epoch++ {
			wrong, loss := 0.3*scale/float64(epoch), 0.9*scale/float64(epoch)
			k.Epochs = append(k.Epochs, train.EpochRecord{
				Run: k.Run, Epoch: epoch, Step: 50 * epoch, TrainLoss: loss / 2, TrainError: wrong / 2,
				TestLoss: &loss, TestError: &wrong,
			})
		}
		tracks = append(tracks, k)
	}
	return tracks
}

func TestTrainText(t *testing.T) {
	f := newFakeNet(t, true, true)
	tracks := someTracks()
	var c train.Comparison
	for _, k := range tracks {
		c.Results = append(c.Results, train.Result{Run: k.Run, Net: f.net(), Steps: 100, Epochs: 2,
			Final: &k.Epochs[1], Seconds: 12.5})
	}
	c.Results[3].Final = nil // it was interrupted
	c.Failed = []error{&train.DivergedError{Run: tracks[0].Run, Step: 12, Loss: math.Inf(1),
		First: "the output of conv1 in step 12"}}
	r := NewTrain(c, tracks, "history.jsonl")
	r.Data, r.Device = "synthetic",
		profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "fake", Precision: "fp32"}
	r.Settings = train.Settings{
		Epochs: 2, Batch: 8, Schedule: train.Schedule{Rate: 0.1, Decay: train.Cosine, WarmUp: 0.5},
		Augment: true, Smoothing: 0.1,
		SGD: nn.SGD{Momentum: 0.9, Decay: 1e-4, Nesterov: true},
	}
	golden.RequireEqual(t, write(t, r, "text"))
}

func TestTrainHistoryText(t *testing.T) {
	golden.RequireEqual(t, write(t, NewTrainHistory("history.jsonl", someTracks()), "text"))
}

// gradients are made-up results of a backward pass.
type gradients struct {
	blocks []nn.BlockGradient
	params []nn.ParamNorm
}

func (g gradients) Target() []int                               { return []int{3, 7} }
func (g gradients) Loss() (float64, error)                      { return 2.25, nil }
func (g gradients) BlockGradients() ([]nn.BlockGradient, error) { return g.blocks, nil }
func (g gradients) ParamNorms() ([]nn.ParamNorm, error)         { return g.params, nil }

// withGradients is a run with gradients, of a net with skips or without.
func withGradients(t *testing.T, skips bool) *Run {
	t.Helper()
	r := newRun(t, true)
	g := gradients{params: []nn.ParamNorm{{Name: "conv1.weight", Norm: 0.5}}}
	for i, path := range []string{"layer1.0", "layer2.0", "layer3.0"} {
		b := nn.BlockGradient{Path: path, Out: math.Pow(10, float64(-i-1)), In: math.Pow(10, float64(-i)),
			Branch: 0.1, HasBranch: true, Cosine: math.NaN()}
		if skips {
			b.Skip, b.HasSkip, b.Cosine = 0.2, true, -0.125
		}
		g.blocks = append(g.blocks, b)
	}
	if err := r.SetGradients(g); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGradientsText(t *testing.T) {
	r := withGradients(t, true)
	r.SetPaths([]nn.PathSpectrum{
		{Block: "input", Branches: []float64{0.1, 0.2}, Rest: 0.7, HasRest: true, Gradient: 1, SumError: 2e-7},
		{Block: "layer3.0", Branches: []float64{0.3}, Gradient: 0.5},
	})
	golden.RequireEqual(t, write(t, r, "text"))
}

func TestCompareText(t *testing.T) {
	timed := &profile.Profile{Runs: 3, Layers: []profile.LayerRow{
		{Pass: "forward", TypicalMS: 1, MeanMS: 5}, {Pass: "forward", TypicalMS: 3, MeanMS: 5},
		{Pass: "backward", TypicalMS: 8, MeanMS: 9},
	}}
	timed.Total.TypicalMS = 12
	a := Side{withGradients(t, true),
		[]nn.Response{{Path: "conv1", Std: 1}, {Path: "layer1.0.conv1", Std: 0.5}}, timed}
	b := Side{withGradients(t, false), []nn.Response{{Path: "conv1", Std: 2}}, timed}
	b.Run.Blocks = b.Run.Blocks[:2]
	c := NewCompare(a, b)
	if c.Times.A != (PassTimes{4, 8, 3}) {
		t.Errorf("times %+v", c.Times.A)
	}
	if c.Outputs == nil || c.Outputs.KL != 0 || c.Outputs.Agree != 2 {
		t.Errorf("equal outputs: %+v", c.Outputs)
	}
	golden.RequireEqual(t, write(t, c, "text"))
}

// The divergence of (½, ½) and (¾, ¼), by hand.
func TestOutputs(t *testing.T) {
	a, b := []Row{{0, 0}, {5, 0}}, []Row{{float32(math.Log(3)), 0}, {5, 0}}
	o := pairOutputs(a, b)
	want := (0.5*math.Log(0.5/0.75) + 0.5*math.Log(0.5/0.25)) / 2
	if math.Abs(float64(o.KL)-want) > 1e-7 || o.Agree != 2 {
		t.Errorf("%+v, want %g", o, want)
	}
}

func TestLogAxis(t *testing.T) {
	for _, c := range []struct {
		values    []float64
		low, high int
	}{{[]float64{0.02, 3}, -2, 1}, {[]float64{1}, -1, 0}, {nil, 0, 1},
		{[]float64{0, math.Inf(1), math.NaN()}, 0, 1}, {[]float64{1e-40, 1e30}, -41, 30}} {
		if got := axisOf(c.values); got != (profile.Decades{Low: c.low, High: c.high}) {
			t.Errorf("%v: %+v", c.values, got)
		}
	}
	a := profile.Decades{Low: -2, High: 2}
	if part(a, 1) != 0.5 || part(a, 0) != 0 || part(a, math.NaN()) != 0 || part(a, 100) != 1 {
		t.Errorf("parts %v %v %v", part(a, 1), part(a, 0), part(a, 100))
	}
}
