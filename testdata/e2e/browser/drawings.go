package main

import (
	"fmt"
	"strings"
)

// drawing is what scripts/drawings.js finds.
type drawing struct {
	Name   string         `json:"name"`
	Width  float64        `json:"width"`
	Height float64        `json:"height"`
	Marks  map[string]int `json:"marks"`
	Stray  []string       `json:"stray"`
}

const leastWidth, leastHeight = 400, 40 // of a drawing in a window 1280 pixels wide

func drawingsWhole(t *tab, _ *export) error {
	list, err := script[[]drawing](t, "drawings")
	if err != nil {
		return err
	}
	var wrong []string
	for _, d := range list {
		if d.Width < leastWidth || d.Height < leastHeight {
			wrong = append(wrong, fmt.Sprintf("%s is %.0f by %.0f pixels", d.Name, d.Width, d.Height))
		}
		for _, s := range d.Stray {
			wrong = append(wrong, fmt.Sprintf("%s: %s sticks out", d.Name, s))
		}
	}
	return complain(wrong)
}

// marksCounted compares the numbers of dots and bars with those of the values.
func marksCounted(t *tab, e *export) error {
	list, err := script[[]drawing](t, "drawings")
	if err != nil {
		return err
	}
	p, found := &e.profile, map[string]drawing{}
	for _, d := range list {
		name, _, _ := strings.Cut(d.Name, " ")
		found[name] = d
	}
	var wrong []string
	expect := func(name, kind string, want int) {
		if got := found[name].Marks[kind]; got != want {
			wrong = append(wrong, fmt.Sprintf("%s has %d marks %s, want %d", name, got, kind, want))
		}
	}
	if p.computing() == 0 {
		wrong = append(wrong, "no layer of the profile computes")
	}
	expect("roofline", "circle", p.computing())
	expect("live", "rect", 2*len(p.Memory.Timeline))
	if e.backward && p.norms() == 0 {
		wrong = append(wrong, "the profile has no gradient norms")
	}
	expect("gradient", "circle", p.norms())
	return complain(wrong)
}
