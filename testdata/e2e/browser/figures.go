package main

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// texts are what scripts/texts.js finds.
type texts struct {
	Title    string            `json:"title"`
	Heading  string            `json:"heading"`
	Sections []string          `json:"sections"`
	Facts    map[string]string `json:"facts"`
	Rows     []treeRow         `json:"rows"`
}

type treeRow struct {
	Name string `json:"name"`
	Time string `json:"time"`
	Pass string `json:"pass"`
}

func sectionsThere(t *tab, e *export) error {
	page, err := script[texts](t, "texts")
	if err != nil {
		return err
	}
	want := []string{"Flame graph", "Roofline", "Memory", "Gradient flow", "Layers"}
	if !e.backward {
		want = slices.DeleteFunc(want, func(s string) bool { return s == "Gradient flow" })
	}
	if e.profile.Ceilings == nil {
		return fmt.Errorf("the profile has no ceilings, so that the roofline can't be checked")
	}
	if !slices.Equal(page.Sections, want) {
		return fmt.Errorf("they are %q, want %q", page.Sections, want)
	}
	return nil
}

var timeFact = regexp.MustCompile(`^(\S+ \S+?)( ± \S+ %)?, mean of the typical passes`)

// factsAgree compares the facts above the drawings.
func factsAgree(t *tab, e *export) error {
	page, err := script[texts](t, "texts")
	if err != nil {
		return err
	}
	arch, p := e.profile.Model.Arch, &e.profile
	for _, text := range []string{page.Title, page.Heading, page.Facts["net"]} {
		if !strings.HasPrefix(text, arch+",") {
			return fmt.Errorf("%q does not begin with %s", text, arch)
		}
	}
	if !strings.Contains(page.Facts["device"], p.Device.Name) {
		return fmt.Errorf("the device %q is not %s", page.Facts["device"], p.Device.Name)
	}
	m := timeFact.FindStringSubmatch(page.Facts["time"])
	if m == nil {
		return fmt.Errorf("no typical time in %q", page.Facts["time"])
	}
	return sameTime(m[1], p.Total.TypicalMS*1e6)
}

// treeAgrees looks for each layer in its pass. A row's name is followed by the
// layers that were fused into it.
func treeAgrees(t *tab, e *export) error {
	page, err := script[texts](t, "texts")
	if err != nil {
		return err
	}
	shown := map[[2]string]string{} // by pass and path
	for _, r := range page.Rows {
		path, _, _ := strings.Cut(r.Name, " + ")
		shown[[2]string{r.Pass, path}] = r.Time
	}
	var wrong []string
	for _, pass := range e.profile.passes() {
		weights := e.profile.weights(pass)
		for _, path := range slices.Sorted(maps.Keys(weights)) {
			if err := sameTime(shown[[2]string{pass, path}], weights[path]); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s of %s: %v", path, pass, err))
			}
		}
	}
	return complain(wrong)
}

var nanosecondsOf = map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}

// sameTime compares a time with three digits to nanoseconds.
func sameTime(text string, ns float64) error {
	number, unit, _ := strings.Cut(text, " ")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || nanosecondsOf[unit] == 0 {
		return fmt.Errorf("%q is not a time", text)
	}
	if got := v * nanosecondsOf[unit]; math.Abs(got-ns) > 0.0051*ns+1 {
		return fmt.Errorf("the page shows %s, the profile has %.0f ns", text, ns)
	}
	return nil
}
