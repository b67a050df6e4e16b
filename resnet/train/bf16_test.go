package train

import (
	"math"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// TestBF16TrainsAlike: in bf16 residual nets and a plain one learn at the pace of fp32:
// the mean loss of every ten steps stays close, closer in a shallow net, where roundings
// have less to grow in. testdata/bf16/train.py compares test errors, over seeds.
func TestBF16TrainsAlike(t *testing.T) {
	dev := newDevice(t)
	for _, net := range []struct {
		depth int
		plain bool
		bar   float64 // relative difference of losses
	}{{8, false, 0.02}, {20, false, 0.06}, {8, true, 0.02}} {
		var losses [2][]float64
		for i, p := range []tensor.Precision{tensor.FP32, tensor.BF16} {
			m := tiny(t, func(c *resnet.Config) { c.Depth, c.Plain, c.Batch = net.depth, net.plain, 32 })
			_, err := Train(t.Context(), dev, m, options(func(o *Options) {
				o.Epochs, o.Batch, o.Images, o.Session.Precision = 4, 32, patches{320, 1, -1}, p
				o.Test = nil
				o.Observe = func(e Event) {
					if e.Step != nil {
						losses[i] = append(losses[i], e.Step.Loss)
					}
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
		}
		if a, b := losses[0][0], losses[1][0]; !(math.Abs(b/a-1) < 0.01) || a == b {
			t.Errorf("depth %d, plain %v: the first loss is %v in fp32, %v in bf16", net.depth, net.plain, a, b)
		}
		const window = 10
		last := math.Inf(1)
		for at := 0; at+window <= len(losses[0]); at += window {
			a, b := mean(losses[0][at:at+window]), mean(losses[1][at:at+window])
			if !(math.Abs(b/a-1) < net.bar) || b >= last {
				t.Errorf("depth %d, plain %v, ten steps from %d: a loss of %.4f in fp32, %.4f in bf16 after %.4f",
					net.depth, net.plain, at, a, b, last)
			}
			last = b
		}
	}
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}
