package report

import (
	"strings"

	"resnet-tui/profile"
)

// barColumn returns a column of bars, in which part, from 0 to 1, fills width
// cells. It has no name, so CSV doesn't have it. Its title is width spaces, so
// that the column keeps its width if all bars are shorter.
func barColumn[T any](width int, part func(row T) float64) Column[T] {
	return Column[T]{
		Title: strings.Repeat(" ", width),
		Cell:  func(row T) Cell { return Cell{Text: profile.Bar(part(row), width)} },
	}
}

// axisOf returns a logarithmic axis for bars, which starts below the smallest
// value so that this has a bar too. Without positive values it is one decade.
func axisOf(values []float64) profile.Decades {
	axis, ok := profile.DecadesOf(values, profile.EdgeBelow)
	if !ok {
		return profile.Decades{Low: 0, High: 1}
	}
	return axis
}

// part returns where v is on an axis, from 0 to 1; 0 for values without a
// position.
func part(axis profile.Decades, v float64) float64 {
	at, _ := axis.Position(v)
	return at
}
