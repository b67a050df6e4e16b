package report

import (
	"strings"

	"resnet-tui/profile"
)

// barColumn is a column of bars in width cells; its title is blank, so that it
// is as wide whatever the bars are.
func barColumn[T any](width int, part func(row T) float64) Column[T] {
	return Column[T]{
		Title: strings.Repeat(" ", width),
		Cell:  func(row T) Cell { return Cell{Text: profile.Bar(part(row), width)} },
	}
}

// axisOf is a logarithmic axis that begins below the least of the values, so
// that each has a bar; one decade without any.
func axisOf(values []float64) profile.Decades {
	axis, ok := profile.DecadesOf(values, profile.EdgeBelow)
	if !ok {
		return profile.Decades{Low: 0, High: 1}
	}
	return axis
}

// part is where v lies on an axis, from 0 to 1; 0 for what it does not show.
func part(axis profile.Decades, v float64) float64 {
	at, _ := axis.Position(v)
	return at
}
