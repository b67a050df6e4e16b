package profile

import (
	"math"
	"strings"
)

// eighths are the left blocks of one cell, by eighths filled.
var eighths = [9]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}

// Bar is part, from 0 to 1, of so many cells in block characters, to the
// nearest eighth of a cell. NaN is nothing.
func Bar(part float64, cells int) string {
	if math.IsNaN(part) {
		return ""
	}
	n := int(math.Round(max(min(part, 1), 0) * float64(8*cells)))
	return strings.Repeat(eighths[8], n/8) + eighths[n%8]
}

// ProgressBar is a Bar that dots make up to all of the cells.
func ProgressBar(part float64, cells int) string {
	bar := Bar(part, cells)
	return bar + strings.Repeat("·", cells-len([]rune(bar)))
}
