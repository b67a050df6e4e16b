package report

import (
	"fmt"
	"math"
	"strings"
)

// bar draws part, from 0 to 1, of width cells in eighths of a cell.
func bar(part float64, width int) string {
	eighths := int(part*float64(8*width) + 0.5)
	eighths = min(max(eighths, 0), 8*width)
	s := strings.Repeat("█", eighths/8)
	if eighths%8 > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[eighths%8-1])
	}
	return s
}

// barColumn is a column of bars in width cells; its title is blank, so that it
// is as wide whatever the bars are.
func barColumn[T any](width int, part func(row T) float64) Column[T] {
	return Column[T]{
		Title: strings.Repeat(" ", width),
		Cell:  func(row T) Cell { return Cell{Text: bar(part(row), width)} },
	}
}

// logAxis spans whole decades, from 10^low to 10^high. It begins below the
// least value, so that each has a bar.
type logAxis struct{ low, high int }

// axisOf has room for all values that are finite and greater than 0.
func axisOf(values []float64) logAxis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 1) {
			low = min(low, math.Log10(v))
			high = max(high, math.Log10(v))
		}
	}
	if low > high {
		return logAxis{0, 1}
	}
	return logAxis{int(math.Ceil(low)) - 1, int(math.Ceil(high))}
}

// part is where v lies on the axis, from 0 to 1; 0 for what it does not show.
func (a logAxis) part(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return (math.Log10(v) - float64(a.low)) / float64(a.high-a.low)
}

// span names the axis's ends: "1e-3 to 1e0".
func (a logAxis) span() string { return fmt.Sprintf("1e%d to 1e%d", a.low, a.high) }
