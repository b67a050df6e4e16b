//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// TestCeilings measures numbers of a machine, for each precision that the device has.
func TestCeilings(t *testing.T) {
	d := open(t)
	before := d.taken
	c, err := d.Ceilings(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f GFLOP/s, %.1f GB/s, matrices %v", c.FLOPS/1e9, c.BytesPerSecond/1e9, c.Matrix)
	for _, v := range []float64{c.FLOPS, c.BytesPerSecond} {
		if !(v > 1e8) || math.IsInf(v, 0) {
			t.Errorf("%+v", c)
		}
	}
	for _, p := range []tensor.Precision{tensor.TF32, tensor.BF16, tensor.FP16} {
		if has := d.p.lacks[p] == ""; has != (c.At(p) > 1e8) {
			t.Errorf("%v: %v, the device has it: %v", p, c.At(p), has)
		}
	}
	if d.taken != before {
		t.Errorf("%d bytes of memory are kept", d.taken-before)
	}
}

// TestCeilingsStop when they are told to.
func TestCeilingsStop(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := d.Ceilings(ctx, 0); !errors.Is(err, context.Canceled) || c.FLOPS != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestLonger: runs become long enough in a few steps, and never so long that a watchdog
// takes them for hanging.
func TestLonger(t *testing.T) {
	for _, perArg := range []time.Duration{50, 2 * time.Microsecond, 7 * time.Millisecond, time.Second} {
		w := work{arg: 1, grows: true}
		steps, took := 0, perArg
		for ; ; steps++ {
			took = time.Duration(w.arg) * perArg
			next := w.longer(took)
			if next.arg == w.arg {
				break
			}
			w = next
		}
		if steps > 10 || took < runTime/2 || took > max(perArg, 2*runTime) {
			t.Errorf("%v for each: %v after %d steps", perArg, took, steps)
		}
	}
	if w := (work{arg: 3}); w.longer(1).arg != 3 {
		t.Error("work that is all there is has grown")
	}
}
