package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// flame is what scripts/flame.js finds.
type flame struct {
	Width  float64 `json:"width"`
	Frames []frame `json:"frames"`
}

type frame struct {
	Title     string  `json:"title"`
	Pass      string  `json:"pass"`
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	Width     float64 `json:"width"`
	Text      string  `json:"text"`
	TextX     float64 `json:"textX"`
	TextWidth float64 `json:"textWidth"`
}

func frameTextFits(t *tab, _ *export) error {
	f, err := script[flame](t, "flame")
	if err != nil {
		return err
	}
	var wrong []string
	texts := 0
	for _, r := range f.Frames {
		if r.Text == "" {
			continue
		}
		texts++
		if left, right := r.TextX-r.X, r.X+r.Width-r.TextX-r.TextWidth; left < 0 || right < 0 {
			wrong = append(wrong, fmt.Sprintf("%q sticks out of %q by %.1f of %.1f", r.Text, r.Title, max(-left, -right), r.Width))
		}
	}
	if texts == 0 {
		wrong = append(wrong, "no frame has text")
	}
	return complain(wrong)
}

const (
	frameGap   = 0.5 // between a frame and its neighbour
	frameLeast = 0.3 // narrower frames are not drawn
)

// widths are by pass and name. Frames come depth first; a frame inside another
// of the same name (a kernel named like its layer) adds nothing.
func (f flame) widths() map[[2]string]float64 {
	drawn, last := map[[2]string]float64{}, map[[2]string]frame{}
	for _, r := range f.Frames {
		name, _, _ := strings.Cut(r.Title, ": ")
		key := [2]string{r.Pass, name}
		if around := last[key]; r.Y > around.Y && r.X >= around.X && r.X < around.X+around.Width {
			continue
		}
		drawn[key] += r.Width + frameGap
		last[key] = r
	}
	return drawn
}

// frameWidthsAgree compares the frames of each layer with its share.
func frameWidthsAgree(t *tab, e *export) error {
	f, err := script[flame](t, "flame")
	if err != nil {
		return err
	}
	var wrong []string
	drawn := f.widths()
	scale := f.Width / e.profile.whole("")
	for _, pass := range e.profile.passes() {
		weights := e.profile.weights(pass)
		for _, path := range slices.Sorted(maps.Keys(weights)) {
			want, got := weights[path]*scale, drawn[[2]string{pass, path}]
			if want >= frameLeast+frameGap && math.Abs(got-want) > 0.05 {
				wrong = append(wrong, fmt.Sprintf("%s of %s is %.2f wide, want %.2f", path, pass, got, want))
			}
		}
	}
	return complain(wrong)
}
