package main

import (
	"fmt"
	"path/filepath"
	"slices"
)

// reportChecks are the checks of an HTML report.
var reportChecks = []struct {
	what  string
	holds func(*tab, *export) error
}{
	{"the sections are there", sectionsThere},
	{"net, device and times agree with the profile", factsAgree},
	{"the tree has every layer with its time", treeAgrees},
	{"each drawing has a size and contains all its marks", drawingsWhole},
	{"each drawing has the marks that the profile has values for", marksCounted},
	{"text in flame frames fits", frameTextFits},
	{"the widths of flame frames agree with the profile", frameWidthsAgree},
	{"colours have enough contrast with their background, light and dark", coloursDiffer},
	{"a click opens a closed branch, and another closes it", treeOpens},
	{"no horizontal scrolling of the page, wide and narrow", pageFits},
}

// checkReport opens the report of e from its file, as a reader does.
func (b *browser) checkReport(c *checks, e *export) error {
	file := e.file("html")
	url := "file://" + filepath.ToSlash(file)
	t, err := b.open(url)
	if err != nil {
		return err
	}
	defer t.end()
	name := filepath.Base(file)
	for _, check := range reportChecks {
		c.that(name, check.what, check.holds(t, e))
	}
	c.that(name, "it requests no other file", onlyAsked(t, url))
	c.that(name, "the browser reports no problem", t.quiet())
	return nil
}

func onlyAsked(t *tab, url string) error {
	if asked := t.asked(); !slices.Equal(asked, []string{url}) {
		return fmt.Errorf("it asked for %q", asked)
	}
	return nil
}
