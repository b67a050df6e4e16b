package cpu

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// TestEveryWorkerWakes makes each piece wait for all the others: it ends only
// if every worker has one. Between rounds all of them park.
func TestEveryWorkerWakes(t *testing.T) {
	const n = 3
	p := newPool(n)
	defer p.stop()
	for round := range 20 {
		var arrived atomic.Int32
		late := make(chan bool, n)
		ph := phase{pieces: n, run: func(*worker, int, int) {
			arrived.Add(1)
			for start := time.Now(); arrived.Load() < n; {
				if time.Since(start) > 20*time.Second {
					late <- true
					return
				}
			}
		}}
		p.do(n, func(*worker) { p.run(&ph) })
		if len(late) > 0 {
			t.Fatalf("round %d: only %d workers came", round, arrived.Load())
		}
		if round%2 == 0 {
			time.Sleep(3 * spinTime)
		}
	}
}

// TestEveryPieceRunsOnce hands out many small phases to changing numbers of
// workers.
func TestEveryPieceRunsOnce(t *testing.T) {
	p := newPool(4)
	defer p.stop()
	for active := 1; active <= 4; active++ {
		p.do(active, func(*worker) {
			for pieces := range 60 {
				done := make([]atomic.Int32, pieces)
				p.run(&phase{pieces: pieces, run: func(w *worker, piece, next int) {
					done[piece].Add(1)
					if w.id >= active {
						t.Errorf("worker %d of %d", w.id, active)
					}
					if next >= pieces {
						t.Errorf("piece %d of %d is to be next", next, pieces)
					}
				}})
				for i := range done {
					if n := done[i].Load(); n != 1 {
						t.Errorf("piece %d of %d ran %d times", i, pieces, n)
					}
				}
			}
		})
	}
}

// TestUndisturbedPiecesAreContiguous runs a phase on one worker alone.
func TestUndisturbedPiecesAreContiguous(t *testing.T) {
	p := newPool(1)
	defer p.stop()
	want := 0
	p.do(1, func(*worker) {
		p.run(&phase{pieces: 10, run: func(_ *worker, piece, next int) {
			if piece != want || piece < 9 && next != piece+1 || piece == 9 && next != -1 {
				t.Errorf("piece %d, next %d in the place of %d", piece, next, want)
			}
			want++
		}})
	})
}

func TestCeilings(t *testing.T) {
	start := time.Now()
	dev, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	c, err := dev.Ceilings(context.Background(), 0)
	if err != nil || c.FLOPS < 1e9 || c.At(tensor.BF16) < 1e9 || c.BytesPerSecond < 1e8 {
		t.Errorf("%+v, error %v", c, err)
	}
	t.Logf("%.1f GFLOP/s, %.1f in bf16, %.1f GB/s in %v", c.FLOPS/1e9, c.At(tensor.BF16)/1e9, c.BytesPerSecond/1e9, time.Since(start))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := dev.Ceilings(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func TestMachine(t *testing.T) {
	if n := usableCores(); n < 1 {
		t.Errorf("%d cores", n)
	}
	if total, free := totalMemory(), availableMemory(); total < 0 || free < 0 || total > 0 && free > total {
		t.Errorf("%d bytes of memory, %d free", total, free)
	}
}
