package cpu

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Scaling in a simulation: workers take the pieces of real schedules by the pool's own
// rules, in simulated time. What it leaves out: memory and caches that cores share,
// clocks that fall when many run, and the time of taking a piece.

// handOver is what a phase costs beside its pieces, in µs for each doubling of the
// workers: the leader's store reaches the others, and their counts reach the leader. By
// assumption: a line of a cache takes some 0.1 to 0.2 µs from core to core.
const handOver = 0.5

// simulated is the time in µs of a phase whose pieces take that long, for workers of
// these speeds.
func simulated(pieces, speeds []float64) float64 {
	p := &pool{}
	for i := range speeds {
		p.workers = append(p.workers, &worker{id: i})
	}
	const epoch = 1
	p.deal(epoch, min(len(speeds), len(pieces)), len(pieces))
	now := make([]float64, len(speeds)) // when each worker is free
	for {
		first := 0
		for i, t := range now {
			if t < now[first] {
				first = i
			}
		}
		piece, _, ok := p.workers[first].take(epoch)
		if !ok {
			if piece, ok = p.steal(epoch); !ok {
				break // nobody has a piece left
			}
		}
		now[first] += pieces[piece] / speeds[first]
	}
	cost := 0.
	for n := 1; n < len(speeds); n *= 2 {
		cost += handOver
	}
	return slices.Max(now) + cost
}

// full is n workers of speed 1.
func full(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// oneSlow is n workers of which one has half a core: another program has the rest.
func oneSlow(n int) []float64 {
	s := full(n)
	s[n-1] = 0.5
	return s
}

// modelled is the pieces' times of a plan's phases: the launch's FLOPs at 50 GFLOP/s,
// or its bytes at 10 GB/s, spread evenly.
func modelled(t testing.TB, plan *tensor.Plan) [][]float64 {
	t.Helper()
	sc, err := newSchedule(plan, tensor.Options{Fuse: true}, 1, asm.Get("generic"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float64
	for _, ln := range sc.launches {
		time := max(float64(ln.flops)/50e3, float64(sc.traffic(ln))/10e3)
		count := 0
		for _, ph := range ln.phases {
			count += ph.pieces
		}
		for _, ph := range ln.phases {
			all = append(all, slices.Repeat([]float64{time / float64(count)}, ph.pieces))
		}
	}
	return all
}

// total is the simulated time of all phases.
func total(phases [][]float64, speeds []float64) float64 {
	sum := 0.
	for _, pieces := range phases {
		sum += simulated(pieces, speeds)
	}
	return sum
}

// TestScaling: there are enough pieces, evenly dealt, for many workers.
func TestScaling(t *testing.T) {
	for _, c := range []struct {
		arch  string
		batch int
		least map[int]float64 // speed-up by workers
	}{
		{"resnet50", 1, map[int]float64{2: 1.95, 4: 3.8, 8: 7.3, 16: 12.8, 32: 20.5, 64: 27}},
		{"resnet50", 8, map[int]float64{2: 1.95, 4: 3.8, 8: 7.5, 16: 14, 32: 26, 64: 41}},
		{"resnet18", 1, map[int]float64{2: 1.95, 4: 3.8, 8: 7.3, 16: 12.5, 32: 15}},
	} {
		phases := modelled(t, forwardPlan(t, c.arch, c.batch))
		alone := total(phases, full(1))
		for workers, least := range c.least {
			if got := alone / total(phases, full(workers)); got < least {
				t.Errorf("%s, batch %d: %d workers are %.2f times as fast as one, want %g", c.arch, c.batch, workers, got, least)
			}
		}
	}
}

// TestBusyNeighbour: a worker at half speed costs about as much as half a worker.
func TestBusyNeighbour(t *testing.T) {
	phases := modelled(t, forwardPlan(t, "resnet50", 1))
	for n := 2; n <= 16; n *= 2 {
		got := total(phases, oneSlow(n)) / total(phases, full(n))
		if most := 1.2 * float64(n) / (float64(n) - 0.5); got > most {
			t.Errorf("%d workers, one at half speed: %.2f times as long, want %.2f at most", n, got, most)
		}
	}
}

// BenchmarkScaling simulates the net of BenchmarkNet's flags with the measured times of
// its pieces, and prints speed-ups and the launches that lose most at 16 workers.
func BenchmarkScaling(b *testing.B) {
	batch, _ := strconv.Atoi(flag.Lookup("batch").Value.String())
	plan := forwardPlan(b, flag.Lookup("arch").Value.String(), batch)
	l := layersOf(b, open(b, "").(*device), plan, 1)
	least := l.pieces()
	for b.Loop() {
		for i, pieces := range l.pieces() {
			for j, t := range pieces {
				least[i][j] = min(least[i][j], t)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	alone := total(least, full(1))
	fmt.Printf("\n%8s %9s %22s\n", "workers", "speed-up", "one at half speed")
	for n := 1; n <= 64; n *= 2 {
		fmt.Printf("%8d %9.2f %22.2f\n", n, alone/total(least, full(n)), alone/total(least, oneSlow(n)))
	}
	l.printLimits(least, 16)
}

// pieces runs the net once, and returns the time in µs of every piece of every phase.
func (l *layers) pieces() [][]float64 {
	var all [][]float64
	l.p.dev.pool.do(1, func(w *worker) {
		l.p.lendScratch(l.p.dev.pool)
		for _, ln := range l.p.launches {
			for _, ph := range ln.phases {
				times := make([]float64, ph.pieces)
				for i := range times {
					next := i + 1
					if next == ph.pieces {
						next = -1
					}
					start := time.Now()
					ph.run(w, i, next)
					times[i] = float64(time.Since(start).Nanoseconds()) / 1e3
				}
				all = append(all, times)
			}
		}
	})
	return all
}

// printLimits prints the phases that lose most against an even split.
func (l *layers) printLimits(phases [][]float64, workers int) {
	type limit struct {
		text string
		lost float64
	}
	var limits []limit
	i := 0
	for _, ln := range l.p.launches {
		for j, ph := range ln.phases {
			even := 0.
			for _, t := range phases[i] {
				even += t / float64(workers)
			}
			took := simulated(phases[i], full(workers))
			text := fmt.Sprintf("%-24s phase %d, %4d pieces: %6.1f µs, %6.1f if even", l.p.head(ln).Path, j, ph.pieces, took, even)
			limits = append(limits, limit{text, took - even})
			i++
		}
	}
	slices.SortFunc(limits, func(a, b limit) int { return cmp.Compare(b.lost, a.lost) })
	fmt.Printf("what %d workers lose most by:\n", workers)
	for _, m := range limits[:min(12, len(limits))] {
		fmt.Println(m.text)
	}
}
