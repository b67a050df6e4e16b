package profile

import (
	"math"
	"strings"
)

// eighths are the left block elements of Unicode (U+2588 to U+258F), by the
// number of eighths of a cell that they fill.
var eighths = [9]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}

// Bar draws a share, from 0 to 1, as a bar of at most the given number of
// cells, rounded to the nearest eighth of a cell. Values outside the range are
// clamped; NaN draws nothing. The result is as short as the bar: see
// ProgressBar for one of constant width.
func Bar(part float64, cells int) string {
	if math.IsNaN(part) {
		return ""
	}
	n := int(math.Round(max(min(part, 1), 0) * float64(8*cells)))
	return strings.Repeat(eighths[8], n/8) + eighths[n%8]
}

// ProgressBar is a Bar padded with dots to its full width.
func ProgressBar(part float64, cells int) string {
	bar := Bar(part, cells)
	return bar + strings.Repeat("·", cells-len([]rune(bar)))
}
