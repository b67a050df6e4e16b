package cpu

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// BenchmarkLayers prints what each kernel of a forward pass loses against the measured
// peak of the processor, and to what: the net and its batch are those of BenchmarkNet's
// flags. For each kernel, by experiment:
//
//	1, 2      µs in the pass, with one thread and with two, and the share of the peak of
//	          as many threads: executed FLOPs, not those of the definition
//	again     µs with one thread right after itself: weights and operands are in the
//	          caches as far as they fit; what that gains, the pass waits for memory
//	phases    µs of each phase with one thread, of Winograd the input's transform, the
//	          products and the output's transform
//
// How a kernel runs on data in L1 alone is BenchmarkConv in package asm. A time is that
// which a tenth of the passes stay below, since machines are shared.
func BenchmarkLayers(b *testing.B) {
	flagValue := func(name string) string { return flag.Lookup(name).Value.String() }
	batch, _ := strconv.Atoi(flagValue("batch"))
	plan := forwardPlan(b, flagValue("arch"), batch)
	d := open(b, "").(*device)
	one, two := layersOf(b, d, plan, 1), layersOf(b, d, plan, 2)
	peak := peakOf{best: 1e9}
	for b.Loop() {
		peak.measure(d)
		one.pass(false)
		one.pass(true)
		two.pass(false)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(peak.gflops(), "peak-GFLOP/s")
	printLayers(one, two, peak.gflops())
}

// forwardPlan is the forward pass of a net, with random parameters.
func forwardPlan(t testing.TB, arch string, batch int) *tensor.Plan {
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
	l, err := m.Lower(nn.Pass{})
	if err != nil {
		t.Fatal(err)
	}
	return l.Plan
}

// layers is a program whose kernels are timed.
type layers struct {
	p      *program
	inPass [][]time.Duration // of each launch
	again  [][]time.Duration
	phases [][][]time.Duration // of each launch and phase
}

func layersOf(b *testing.B, d *device, plan *tensor.Plan, threads int) *layers {
	b.Helper()
	p, _ := compile(b, d, plan, 1, tensor.Options{Fuse: true, Threads: threads})
	l := &layers{p: p}
	if err := l.p.Run(context.Background(), tensor.RunOptions{}); err != nil {
		b.Fatal(err)
	}
	n := len(l.p.launches)
	l.inPass, l.again, l.phases = make([][]time.Duration, n), make([][]time.Duration, n), make([][][]time.Duration, n)
	for i, ln := range l.p.launches {
		l.phases[i] = make([][]time.Duration, len(ln.phases))
	}
	return l
}

// pass runs the net once and times its launches; with again each runs twice in a row,
// and the second is timed.
func (l *layers) pass(again bool) {
	pool := l.p.dev.pool
	pool.do(l.p.threads, func(*worker) {
		l.p.lendScratch(pool)
		for i, ln := range l.p.launches {
			if again {
				l.p.launch(pool, ln, tensor.RunOptions{})
				start := time.Now()
				l.p.launch(pool, ln, tensor.RunOptions{})
				l.again[i] = append(l.again[i], time.Since(start))
				continue
			}
			begin := time.Now()
			last := begin
			for j := range ln.phases {
				pool.run(&ln.phases[j])
				now := time.Now()
				l.phases[i][j] = append(l.phases[i][j], now.Sub(last))
				last = now
			}
			l.inPass[i] = append(l.inPass[i], last.Sub(begin))
		}
	})
}

// peakOf is the least time of a round of multiply-adds on one thread.
type peakOf struct{ best, flops float64 }

func (p *peakOf) measure(d *device) {
	for range 10 {
		start := time.Now()
		n := d.kern.Peak(2000)
		if t := time.Since(start).Seconds(); t < p.best {
			p.best, p.flops = t, float64(n)
		}
	}
}

func (p *peakOf) gflops() float64 { return p.flops / p.best / 1e9 }

// tenth is the time in µs which a tenth of the times stay below.
func tenth(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/10].Nanoseconds()) / 1e3
}

// printLayers prints the table, those that lose most time first.
func printLayers(one, two *layers, peak float64) {
	type row struct {
		text string
		lost float64 // µs of one thread beyond those at the peak
	}
	var rows []row
	var sum, ideal float64
	for i, k := range one.p.Kernels() {
		t1, t2 := tenth(one.inPass[i]), tenth(two.inPass[i])
		share := float64(k.FLOPs) / peak / 10 // µs at the peak, in percent
		text := fmt.Sprintf("%-22s %-32s %7.1f %6.0f %4.0f%% %6.0f %4.0f%% %6.0f ", one.p.plan.Ops[k.Op].Path, k.Name,
			float64(k.FLOPs)/1e6, t1, share/t1, t2, share/t2/2, tenth(one.again[i]))
		if len(one.phases[i]) > 1 {
			for _, p := range one.phases[i] {
				text += fmt.Sprintf(" %.0f", tenth(p))
			}
		}
		rows = append(rows, row{text, t1 - share/100})
		sum += t1
		ideal += share / 100
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.lost, a.lost) })
	fmt.Printf("\n%-22s %-32s %7s %6s %5s %6s %5s %6s  %s\n", "layer", "kernel", "MFLOP", "1", "peak", "2", "peak", "again", "phases")
	for _, r := range rows {
		fmt.Println(r.text)
	}
	fmt.Printf("one thread: %.2f ms, %.2f at the peak\n", sum/1e3, ideal/1e3)
}
