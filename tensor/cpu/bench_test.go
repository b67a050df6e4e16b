package cpu_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

var (
	benchArch    = flag.String("arch", "resnet50", "net of BenchmarkNet")
	benchBatch   = flag.Int("batch", 1, "its batch")
	benchThreads = flag.Int("threads", 2, "its threads")
	benchExact   = flag.Bool("exact", false, "without Winograd")
	benchLayers  = flag.Bool("layers", false, "print each layer's time")
)

// net opens a net on the CPU, fused.
func net(t testing.TB, arch string, batch int, o nn.SessionOptions) *nn.Session {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	s, err := nn.NewSession(context.Background(), d, m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	return s
}

// BenchmarkNet times a forward pass; the best of the passes is reported beside
// the mean, since machines are shared.
func BenchmarkNet(b *testing.B) {
	s := net(b, *benchArch, *benchBatch, nn.SessionOptions{Fuse: true, Exact: *benchExact, Threads: *benchThreads})
	least := time.Hour
	times := layerTimes{best: map[int]time.Duration{}}
	for b.Loop() {
		start := time.Now()
		var obs nn.Observer
		if *benchLayers {
			obs = &times
		}
		if err := s.Run(context.Background(), obs); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(start))
	}
	b.ReportMetric(float64(least)/1e6, "best-ms")
	if *benchLayers {
		times.print(s)
	}
}

// layerTimes keeps each kernel's best time, from the first worker's start to
// the last one's end, summed over its phases.
type layerTimes struct {
	best map[int]time.Duration
	now  map[int][]tensor.Span
}

func (l *layerTimes) Begin(*nn.Lowered) { l.now = map[int][]tensor.Span{} }

func (l *layerTimes) Span(s tensor.Span) { l.now[s.Op] = append(l.now[s.Op], s) }

func (l *layerTimes) End(time.Duration) {
	for op, spans := range l.now {
		first, last := spans[0].Start, spans[0].End
		for _, s := range spans {
			first, last = min(first, s.Start), max(last, s.End)
		}
		if best, ok := l.best[op]; !ok || last-first < best {
			l.best[op] = last - first
		}
	}
}

func (l *layerTimes) print(s *nn.Session) {
	var sum time.Duration
	for _, k := range s.Kernels() {
		t := l.best[k.Op]
		sum += t
		op := &s.Lowered().Plan.Ops[k.Op]
		fmt.Printf("%-26s %-34s %7.0f µs %6.1f GFLOP/s %6.1f GB/s\n", op.Path, k.Name, float64(t)/1e3, float64(k.FLOPs)/float64(t), float64(k.Bytes)/float64(t))
	}
	fmt.Printf("sum of best %.2f ms\n", float64(sum)/1e6)
}
