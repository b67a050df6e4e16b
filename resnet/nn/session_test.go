package nn_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// small is a net that the reference runs in milliseconds.
var small = resnet.Config{Arch: "cifar_resnet8", Height: 8, Width: 8, Batch: 2}

func open(t *testing.T, dev tensor.Device, c resnet.Config, o nn.SessionOptions) *nn.Session {
	t.Helper()
	m := build(t, c)
	s, err := nn.NewSession(context.Background(), dev, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.SetInput(nn.RandomInput(1, m.Input)); err != nil {
		t.Fatal(err)
	}
	return s
}

func logits(t *testing.T, s *nn.Session) []float32 {
	t.Helper()
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	out, err := s.Logits()
	if err != nil {
		t.Fatal(err)
	}
	return out.Data
}

func deviation(x []float32) float64 {
	var sum, square float64
	for _, v := range x {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	n := float64(len(x))
	return math.Sqrt(square/n - sum*sum/n/n)
}

// TestCalibration: a deep fresh net explodes with running statistics 0 and 1,
// and does not with those of a seeded batch.
func TestCalibration(t *testing.T) {
	deep := resnet.Config{Arch: "cifar_resnet110", Height: 8, Width: 8}
	raw := open(t, tensortest.Reference(), deep, nn.SessionOptions{Seed: 1})
	calibrated := open(t, tensortest.Reference(), deep, nn.SessionOptions{Seed: 1, Calibrate: true})
	if raw.Calibrated() || !calibrated.Calibrated() {
		t.Error("Calibrated does not say what was done")
	}
	if d := deviation(logits(t, raw)); d < 1e3 {
		t.Errorf("the raw net's logits deviate by %g: calibration would not be needed", d)
	}
	if d := deviation(logits(t, calibrated)); d < 0.05 || d > 50 {
		t.Errorf("the calibrated net's logits deviate by %g", d)
	}
}

// TestCalibrationIsTheNets: options of the session do not change the weights.
func TestCalibrationIsTheNets(t *testing.T) {
	want := logits(t, open(t, tensortest.Reference(), small, nn.SessionOptions{Seed: 3, Calibrate: true}))
	for _, o := range []nn.SessionOptions{
		{Seed: 3, Calibrate: true, Fuse: true},
		{Pass: probed(probeMoments), Seed: 3, Calibrate: true, Exact: true},
	} {
		if got := logits(t, open(t, tensortest.Reference(), small, o)); !slices.Equal(got, want) {
			t.Errorf("%+v: other logits", o)
		}
	}
	other := logits(t, open(t, tensortest.Reference(), small, nn.SessionOptions{Seed: 4, Calibrate: true}))
	if slices.Equal(other, want) {
		t.Error("another seed gives the same logits")
	}
}

func TestCalibrationBatch(t *testing.T) {
	for _, c := range []struct {
		config resnet.Config
		want   int
	}{
		{resnet.Config{Depth: 50}, 2},
		{resnet.Config{Depth: 50, Height: 32, Width: 32}, 64},
		{resnet.Config{Depth: 50, Height: 512, Width: 512}, 1},
		{resnet.Config{Arch: "cifar_resnet20", Batch: 100}, 1},
		{resnet.Config{Depth: 18, Height: 1, Width: 1}, 64},
	} {
		if got := build(t, c.config).CalibrationBatch(); got != c.want {
			t.Errorf("%+v: %d images, want %d", c.config, got, c.want)
		}
	}
}

type counter struct{ begun, spans, ended int }

func (c *counter) Begin(*nn.Lowered) { c.begun++ }
func (c *counter) Span(tensor.Span)  { c.spans++ }
func (c *counter) End(time.Duration) { c.ended++ }

func TestObserver(t *testing.T) {
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Fuse: true})
	var c counter
	if err := s.Run(context.Background(), &c); err != nil {
		t.Fatal(err)
	}
	if want := (counter{1, len(s.Kernels()), 1}); c != want {
		t.Errorf("observed %+v, want %+v", c, want)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Run(ended, &c); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pass gives %v", err)
	}
	if _, err := s.Logits(); err == nil {
		t.Error("a cancelled pass has logits")
	}
}

// TestSteps walks through a net, and each layer's moments arrive with it.
func TestSteps(t *testing.T) {
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Pass: probed(probeMoments), Calibrate: true})
	ctx := context.Background()
	if err := s.Step(ctx, 3, nil); err == nil {
		t.Error("step 3 runs before step 0")
	}
	for g := range s.Kernels() {
		if err := s.Step(ctx, g, nil); err != nil {
			t.Fatalf("step %d: %v", g, err)
		}
		layer := s.Lowered().OpLayer[g]
		if layer >= 0 {
			if _, _, ok := s.Stats(layer); ok {
				t.Errorf("%s has moments before its probe ran", s.Model().Layers[layer].Path)
			}
			continue
		}
		layer = s.Lowered().OpLayer[g-1]
		if mean, std, ok := s.Stats(layer); !ok || math.IsNaN(mean) || std <= 0 {
			t.Errorf("%s: mean %g, deviation %g, %v", s.Model().Layers[layer].Path, mean, std, ok)
		}
	}
	if _, err := s.Logits(); err != nil {
		t.Error(err)
	}
	if _, _, ok := s.Stats(len(s.Model().Layers)); ok {
		t.Error("a layer that is not there has moments")
	}
}

// TestWith changes batch, fusion and mode on the same weights.
func TestWith(t *testing.T) {
	ctx, dev := context.Background(), tensortest.Reference()
	s := open(t, dev, small, nn.SessionOptions{Calibrate: true, Seed: 5})
	want := logits(t, s)
	fused, err := s.Recompile(ctx, s.Model(), func(o *nn.SessionOptions) { o.Fuse, o.Seed = true, 99 })
	if err != nil {
		t.Fatal(err)
	}
	if got := logits(t, fused); !slices.Equal(got, want) || !fused.Calibrated() || fused.Options().Seed != 5 {
		t.Error("the same weights and input give other logits, or the calibration was lost")
	}
	if err := s.Run(ctx, nil); !errors.Is(err, nn.ErrClosed) || s.Progress() != -1 {
		t.Errorf("the old session runs: %v", err)
	}
	three, err := fused.Model().WithBatch(3)
	if err != nil {
		t.Fatal(err)
	}
	larger, err := fused.Recompile(ctx, three, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := larger.Run(ctx, nil); err == nil || !strings.Contains(err.Error(), "input") {
		t.Errorf("a run without an input of the new shape gives %v", err)
	}
	if err := larger.SetInput(nn.RandomInput(1, larger.Model().Input)); err != nil {
		t.Fatal(err)
	}
	if got := logits(t, larger); !slices.Equal(got[:len(want)], want) {
		t.Error("the first images of a larger batch give other logits")
	}
	if n := dev.Usage().Compiled; n != 4 {
		t.Errorf("%d programs were compiled, want 4: one calibration in all", n)
	}
	if err := larger.Close(); err != nil || dev.Usage() != (tensortest.Usage{Compiled: 4}) {
		t.Errorf("closed: %v, and the device has %+v", err, dev.Usage())
	}
}

// TestWithRefused: what can't be made leaves the session as it was.
func TestWithRefused(t *testing.T) {
	ctx := context.Background()
	m := build(t, small)
	one, _ := nn.Needs(tensortest.Reference(), m, nn.SessionOptions{})
	dev := tensortest.Reference()
	dev.Limit = one + one/2
	s := open(t, dev, small, nn.SessionOptions{})
	want := logits(t, s)
	hundred, err := m.WithBatch(100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recompile(ctx, hundred, nil); !errors.As(err, new(*tensor.MemoryError)) {
		t.Fatalf("too large a batch gives %v", err)
	}
	if got := logits(t, s); !slices.Equal(got, want) {
		t.Error("the session gives other logits after a refused change")
	}
	if _, err := s.Recompile(ctx, build(t, resnet.Config{Arch: "cifar_resnet14"}), nil); err == nil {
		t.Error("another net runs on these weights")
	}
	next, err := s.Recompile(ctx, m, func(o *nn.SessionOptions) { o.Fuse = true })
	if err != nil {
		t.Fatalf("a program that fits only in the place of the old one: %v", err)
	}
	if got := logits(t, next); !slices.Equal(got, want) {
		t.Error("other logits")
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestMaxBatch(t *testing.T) {
	m := build(t, small)
	single := build(t, resnet.Config{Arch: "cifar_resnet8", Height: 8, Width: 8})
	one, _ := nn.Needs(tensortest.Reference(), single, nn.SessionOptions{})
	for _, c := range []struct {
		limit int64
		want  int
	}{{one - 1, 0}, {one, 1}, {7*one + one/2, 7}, {1000 * one, 1000}} {
		if got := nn.MaxBatch(tensortest.Reference(), m, nn.SessionOptions{}, c.limit); got != c.want {
			t.Errorf("%d bytes: batch %d, want %d", c.limit, got, c.want)
		}
	}
}

// TestTrainMode: batch statistics are used and move the running ones; dropout
// draws anew in each pass.
func TestTrainMode(t *testing.T) {
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Pass: nn.Pass{Mode: nn.Train}})
	if d := deviation(logits(t, s)); d < 0.01 || d > 50 {
		t.Errorf("logits deviate by %g", d)
	}
	mean := tensor.New(16)
	if err := s.State().Read("bn1.running_mean", mean); err != nil || deviation(mean.Data) == 0 {
		t.Errorf("the running mean has not moved: %v %v", err, mean.Data)
	}
	if nn.MaskSeed(1, 1) == nn.MaskSeed(1, 2) || nn.MaskSeed(1, 1) == nn.MaskSeed(2, 1) {
		t.Error("masks repeat")
	}
	_, err := build(t, resnet.Config{Depth: 18, Height: 32, Width: 32}).Lower(nn.Pass{Mode: nn.Train})
	if err == nil || !strings.Contains(err.Error(), "layer4.0.bn1") {
		t.Errorf("batch statistics of one value give %v", err)
	}
}

func TestSessionRefuses(t *testing.T) {
	ctx := context.Background()
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Fuse: true})
	if err := s.SetInput(tensor.New(1, 3, 8, 8)); err == nil || !strings.Contains(err.Error(), "2×3×8×8") {
		t.Errorf("an input of another batch gives %v", err)
	}
	if err := s.Step(ctx, 0, nil); err == nil {
		t.Error("a fused net steps")
	}
	if _, _, ok := s.Stats(0); ok {
		t.Error("moments without a probe")
	}
}

// TestProgress: both stages report, and end complete.
func TestProgress(t *testing.T) {
	last := map[string][2]int64{}
	progress := func(stage string, done, total int64) {
		if done < last[stage][0] || done > total {
			t.Errorf("%s: %d of %d after %d", stage, done, total, last[stage][0])
		}
		last[stage] = [2]int64{done, total}
	}
	open(t, tensortest.Reference(), small, nn.SessionOptions{Calibrate: true, Progress: progress})
	for _, stage := range []string{"weights", "calibration"} {
		if p := last[stage]; p[0] != p[1] || p[1] == 0 {
			t.Errorf("%s ends at %d of %d", stage, p[0], p[1])
		}
	}
}
