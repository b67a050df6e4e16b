package tui

import (
	"math"
	"strconv"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// signed writes a mean: values near zero with three decimals, which don't jump between
// powers of ten as noise changes, and zero without a sign.
func signed(v float64) string {
	if math.Abs(v) < 0.0005 {
		v = 0
	}
	if math.Abs(v) < 0.01 {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return profile.Significant(v)
}

// shapeOf is an output without the batch.
func shapeOf(s tensor.Shape) string {
	if len(s) < 2 {
		return profile.Dash
	}
	return s[1:].String()
}

// count is an exact number in thousands, millions and so on; none for 0.
func count(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Count.Figure(float64(n))
}

// bytes is a size in powers of 1024; none for 0.
func bytes(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Bytes.Figure(float64(n))
}

// percent is a part of the whole with one decimal; 100 % needs none, which keeps the
// column narrow.
func percent(part float64) profile.Figure {
	if part <= 0 {
		return profile.Figure{}
	}
	decimals := 1
	if part >= 0.9995 {
		decimals = 0
	}
	return profile.Figure{Number: strconv.FormatFloat(100*part, 'f', decimals, 64), Unit: "%"}
}

// gflops is the rate at which a direct computation would have to run, with two
// operations per multiply-add. Winograd's algorithm does fewer, so that a kernel can
// show more than the machine's peak; the roofline counts what was executed.
func gflops(n *node, batch int) profile.Figure {
	if n.time <= 0 || n.Cost.MACs == 0 {
		return profile.Figure{}
	}
	return profile.Figure{Number: profile.Significant(2 * rate(n) * float64(batch))}
}

// throughput is images per second, 0 before the first whole pass.
func throughput(pass time.Duration, batch int) float64 {
	if pass <= 0 {
		return 0
	}
	return float64(batch) * float64(time.Second) / float64(pass)
}

// perSecond is a throughput with three significant digits: "21.4", "1.22 k".
func perSecond(rate float64) string { return profile.Count.Figure(rate).String() }
