package main

import (
	"fmt"
	"math"
)

// colours are what scripts/colours.js finds; a colour is red, green and blue
// from 0 to 255.
type colours struct {
	Page  []float64 `json:"page"`
	Pairs []pair    `json:"pairs"`
}

type pair struct {
	Kind  string    `json:"kind"` // "text" or "mark"
	Text  string    `json:"text"`
	Class string    `json:"class"`
	Ink   []float64 `json:"ink"`
	Back  []float64 `json:"back"`
}

// leastContrast is what WCAG 2.1 requires: 1.4.3 for text, 1.4.11 for marks.
var leastContrast = map[string]float64{"text": 4.5, "mark": 3}

func coloursDiffer(t *tab, _ *export) error {
	var wrong []string
	page := map[string]float64{}
	for _, scheme := range []string{"light", "dark"} {
		if err := t.scheme(scheme); err != nil {
			return err
		}
		c, err := script[colours](t, "colours")
		if err != nil {
			return err
		}
		page[scheme] = luminance(c.Page)
		for _, p := range c.Pairs {
			if got := contrast(p.Ink, p.Back); got < leastContrast[p.Kind] {
				wrong = append(wrong, fmt.Sprintf("%s: %s %q (%s) has a contrast of %.2f, want %.1f: %v on %v",
					scheme, p.Kind, p.Text, p.Class, got, leastContrast[p.Kind], p.Ink, p.Back))
			}
		}
		if len(c.Pairs) < 5 {
			wrong = append(wrong, fmt.Sprintf("%s: only %d pairs of colours are seen", scheme, len(c.Pairs)))
		}
	}
	if page["light"] < 0.5 || page["dark"] > 0.1 {
		wrong = append(wrong, fmt.Sprintf("the page's luminance is %.2f in light, %.2f in dark", page["light"], page["dark"]))
	}
	return complain(wrong)
}

// contrast is WCAG's ratio, 1 to 21.
func contrast(a, b []float64) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is WCAG's relative luminance of an sRGB colour.
func luminance(c []float64) float64 {
	if len(c) != 3 {
		return math.NaN()
	}
	linear := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
