package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

// table is what speedscope's Sandwich view should show for one profile: the total weight of
// each frame, in nanoseconds.
type table struct {
	of      string
	root    string  // the frame that holds all others; empty if there is none
	whole   float64 // its weight
	weights map[string]float64
	leaves  map[string]float64 // the frames with nothing inside; nil if not known
}

type sandwichRow struct {
	Total string `json:"total"` // "1.23ms (4.5%)"
	Self  string `json:"self"`
	Name  string `json:"name"`
}

// agrees compares the table with the view that is open.
func (w table) agrees(t *tab) error {
	rows, err := script[[]sandwichRow](t, "sandwich")
	if err != nil {
		return err
	}
	if len(w.weights) == 0 {
		return errors.New("there is nothing to compare it with")
	}
	shown := map[string]string{}
	var wrong []string
	for _, r := range rows {
		shown[r.Name] = r.Total
		if _, leaf := w.leaves[r.Name]; leaf && r.Self != r.Total {
			wrong = append(wrong, fmt.Sprintf("%s has something in it: %s of its %s are its own", r.Name, r.Self, r.Total))
		}
	}
	compare := func(name string, ns float64) {
		if err := sameWeight(shown[name], ns); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.weights)) {
		compare(name, w.weights[name])
	}
	if w.root != "" {
		compare(w.root, w.whole)
		if !strings.HasSuffix(shown[w.root], "(100%)") {
			wrong = append(wrong, fmt.Sprintf("%s is not the whole: %q", w.root, shown[w.root]))
		}
	}
	return complain(wrong)
}

// sameWeight compares a total as speedscope shows it, a time with two decimals
// or a plain number, to nanoseconds.
func sameWeight(text string, ns float64) error {
	value, _, ok := strings.Cut(text, " (")
	if !ok {
		return errors.New("the table has no such frame")
	}
	number := strings.TrimRight(value, "nµms")
	unit, half := nanosecondsOf[value[len(number):]], 0.005
	if number == value {
		unit, half = 1, 0.5
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	if err != nil || unit == 0 {
		return fmt.Errorf("%q is not a weight", text)
	}
	if math.Abs(v*unit-ns) > half*unit+1 {
		return fmt.Errorf("the table has %s, the file %.0f ns", value, ns)
	}
	return nil
}

const leastColours = 20 // a flame chart has more, an empty one fewer

// drawn counts the colours in a picture of the page: the chart is drawn with
// WebGL, so that only its pixels can be checked.
func drawn(t *tab) error {
	data, err := chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	seen := map[[3]uint32]int{}
	for y := 150; y < picture.Bounds().Dy(); y += 4 {
		for x := 0; x < picture.Bounds().Dx(); x += 2 {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}]++
		}
	}
	if len(seen) < leastColours {
		return fmt.Errorf("the picture has only %d colours", len(seen))
	}
	return nil
}
