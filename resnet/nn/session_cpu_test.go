package nn_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

func device(t testing.TB) tensor.Device {
	t.Helper()
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func build(t testing.TB, c resnet.Config) *nn.Model {
	t.Helper()
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

// walker notes where the net is whenever a span arrives.
type walker struct {
	session *nn.Session
	layers  atomic.Int64
	ended   int
}

func (w *walker) Begin(*nn.Lowered) {}
func (w *walker) End(time.Duration) { w.ended++ }
func (w *walker) Span(tensor.Span) {
	if w.session.Progress() >= 0 {
		w.layers.Add(1)
	}
}

// TestStepsAreAPass: single steps give the same logits and moments as a whole
// pass, to the bit, on the CPU.
func TestStepsAreAPass(t *testing.T) {
	ctx := context.Background()
	m := build(t, resnet.Config{Arch: "cifar_preact_resnet20", Batch: 2})
	o := nn.SessionOptions{Pass: probed(probeMoments), Threads: 2, Calibrate: true}
	s, err := nn.NewSession(ctx, device(t), m, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	w := &walker{session: s}
	if err := s.Run(ctx, w); err != nil {
		t.Fatal(err)
	}
	if w.layers.Load() == 0 || w.ended != 1 || s.Progress() != -1 {
		t.Errorf("the pass was seen at %d layers, ended %d times, and is at %d after it",
			w.layers.Load(), w.ended, s.Progress())
	}
	want, stats := results(t, s)
	for g := range s.Kernels() {
		if err := s.Step(ctx, g, w); err != nil {
			t.Fatalf("step %d: %v", g, err)
		}
	}
	got, stepStats := results(t, s)
	if !slices.Equal(got, want) || !slices.Equal(stepStats, stats) {
		t.Error("single steps give other results than a pass")
	}
}

func results(t *testing.T, s *nn.Session) (logits []float32, stats [][2]float64) {
	t.Helper()
	x, err := s.Logits()
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Model().Layers {
		mean, std, ok := s.Stats(i)
		if !ok || std <= 0 {
			t.Errorf("layer %d: mean %g, deviation %g, %v", i, mean, std, ok)
		}
		stats = append(stats, [2]float64{mean, std})
	}
	return x.Data, stats
}

// TestModeChange goes from train to eval mode on one state: the statistics that
// training moved are those that eval uses.
func TestModeChange(t *testing.T) {
	ctx := context.Background()
	m := build(t, resnet.Config{Arch: "cifar_resnet20", Batch: 4})
	s, err := nn.NewSession(ctx, device(t), m, nn.SessionOptions{Pass: nn.Pass{Mode: nn.Train}, Fuse: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	logits := func() []float32 {
		if err := s.Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		x, err := s.Logits()
		if err != nil {
			t.Fatal(err)
		}
		return x.Data
	}
	train := logits()
	for _, moved := range []bool{false, true} {
		for range 80 * map[bool]int{true: 1}[moved] {
			logits() // 1 − 0.9⁸⁰: the running statistics are the batch's but for 2e-4
		}
		s = with(t, s, func(o *nn.SessionOptions) { o.Mode = nn.Eval })
		if near := distance(logits(), train) < 0.05; near != moved {
			t.Errorf("eval mode is near train mode: %v, want %v", near, moved)
		}
		s = with(t, s, func(o *nn.SessionOptions) { o.Mode = nn.Train })
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func with(t *testing.T, s *nn.Session, change func(*nn.SessionOptions)) *nn.Session {
	t.Helper()
	next, err := s.Recompile(context.Background(), s.Model(), change)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// distance is the sum of squared differences, relative to that of b.
func distance(a, b []float32) float64 {
	var d, n float64
	for i := range a {
		d += float64(a[i]-b[i]) * float64(a[i]-b[i])
		n += float64(b[i]) * float64(b[i])
	}
	return d / n
}

// TestCancelledStart: a session that is not wanted any more ends early.
func TestCancelledStart(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := nn.SessionOptions{Calibrate: true, Progress: func(stage string, _, _ int64) {
		if stage == "calibration" {
			cancel()
		}
	}}
	s, err := nn.NewSession(ctx, device(t), build(t, resnet.Config{Arch: "cifar_resnet20"}), o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it gives %v and %v", s, err)
	}
}

// BenchmarkStart is the time until a net can run, with and without
// calibration, beside the time of a pass.
func BenchmarkStart(b *testing.B) {
	ctx := context.Background()
	for _, depth := range []int{50, 101} {
		m := build(b, resnet.Config{Depth: depth})
		for name, o := range map[string]nn.SessionOptions{
			"raw": {Fuse: true}, "calibrated": {Fuse: true, Calibrate: true},
		} {
			b.Run(m.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					s, err := nn.NewSession(ctx, device(b), m, o)
					if err != nil {
						b.Fatal(err)
					}
					s.Close()
				}
			})
		}
		b.Run(m.Name+"/pass", func(b *testing.B) {
			s, err := nn.NewSession(ctx, device(b), m, nn.SessionOptions{Fuse: true})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.Run(ctx, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
