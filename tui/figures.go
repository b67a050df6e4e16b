package tui

import (
	"math"
	"strconv"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// signed writes a mean: what is nearly nothing with three decimals, without the
// sign of a zero.
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

func count(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Count.Figure(float64(n))
}

func bytes(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Bytes.Figure(float64(n))
}

// percent is a part of the whole, with one decimal.
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

// gflops is the rate at which a direct computation would have to run, two
// operations a multiply-add.
func gflops(n *node, batch int) profile.Figure {
	if n.time <= 0 || n.Cost.MACs == 0 {
		return profile.Figure{}
	}
	return profile.Figure{Number: profile.Significant(2 * rate(n) * float64(batch))}
}

// throughput is images a second, 0 before the first whole pass.
func throughput(mean time.Duration, batch int) float64 {
	if mean <= 0 {
		return 0
	}
	return float64(batch) * float64(time.Second) / float64(mean)
}
