package tui

import (
	"fmt"
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// look is what a cell means; Styles says how that appears. Views choose by meaning, so
// that a theme can change without them.
type look uint8

const (
	plainText look = iota
	muted          // units, labels
	faint          // rules, what is absorbed
	strong         // titles
	skipLook
	skipDark // a skip that little of the gradient came through, and so on
	skipDim
	skipBright
	branchLook
	plainLook // what is in no block, and plain nets
	forwardLook
	backwardLook
	warningLook
	currentTab
	matchLook // what a filter found
	bar0      // the time bar, by share of the net: dark to light
	bar1
	bar2
	bar3
	boxSkip // filled boxes of the time line
	boxBranch
	boxPlain
	boxModule
	boxModule2
	boxBackward
	boxBackward2
	looks // the number of looks
)

// Theme chooses a palette. All of them keep skip, branch and plain apart for
// colour-blind eyes (the hues are Okabe and Ito's), and none says by colour
// alone what it doesn't also say by weight, dash or letter.
type Theme string

// The themes. Auto asks the terminal for its background.
const (
	ThemeAuto  Theme = "auto"
	ThemeDark  Theme = "dark"
	ThemeLight Theme = "light"
	ThemeNone  Theme = "none"
)

// Themes lists the themes' names.
func Themes() []string {
	return []string{string(ThemeAuto), string(ThemeDark), string(ThemeLight), string(ThemeNone)}
}

// ParseTheme reads a theme's name; "" is ThemeAuto. The error for any other lists the
// names.
func ParseTheme(s string) (Theme, error) {
	if s == "" {
		return ThemeAuto, nil
	}
	for _, t := range Themes() {
		if s == t {
			return Theme(s), nil
		}
	}
	return "", fmt.Errorf("unknown theme %q: use auto, dark, light or none", s)
}

// paint is how a look appears: a colour on a dark and on a light background, the
// nearest of the terminal's own sixteen colours, and attributes that also hold without
// colour.
type paint struct {
	dark, light string
	basic       ansi.BasicColor
	bold, faint bool
	reverse     bool
	fill        bool // the colour is the background's, the text on it is contrasting
}

var paints = [looks]paint{
	muted:        {dark: "#9E9E9E", light: "#626262", basic: ansi.White},
	faint:        {dark: "#6C6C6C", light: "#9E9E9E", basic: ansi.BrightBlack, faint: true},
	strong:       {bold: true},
	skipLook:     {dark: "#56B4E9", light: "#0072B2", basic: ansi.Cyan, bold: true},
	skipDark:     {dark: "#24506B", light: "#A9CDE4", basic: ansi.Blue, faint: true},
	skipDim:      {dark: "#3A7FA8", light: "#5FA3CC", basic: ansi.Blue},
	skipBright:   {dark: "#A6DCFF", light: "#003E66", basic: ansi.BrightCyan, bold: true},
	branchLook:   {dark: "#E69F00", light: "#A66F00", basic: ansi.Yellow},
	plainLook:    {dark: "#999999", light: "#6E6E6E", basic: ansi.White},
	forwardLook:  {dark: "#009E73", light: "#007A59", basic: ansi.Green, bold: true},
	backwardLook: {dark: "#CC79A7", light: "#A8447C", basic: ansi.Magenta},
	warningLook:  {dark: "#D55E00", light: "#B34700", basic: ansi.Red, bold: true},
	currentTab:   {bold: true, reverse: true},
	matchLook:    {bold: true, reverse: true},
	bar0:         {dark: "#0B6B51", light: "#7CCBB3", basic: ansi.Green},
	bar1:         {dark: "#009E73", light: "#3DAE8D", basic: ansi.Green},
	bar2:         {dark: "#2FC79A", light: "#00875F", basic: ansi.BrightGreen},
	bar3:         {dark: "#7FE8C6", light: "#005A3F", basic: ansi.BrightGreen},
	boxSkip:      {dark: "#56B4E9", light: "#8FCBEF", basic: ansi.Cyan, fill: true},
	boxBranch:    {dark: "#E69F00", light: "#F0C266", basic: ansi.Yellow, fill: true},
	boxPlain:     {dark: "#999999", light: "#C4C4C4", basic: ansi.White, fill: true},
	boxModule:    {dark: "#009E73", light: "#7CCBB3", basic: ansi.Green, fill: true},
	boxBackward:  {dark: "#CC79A7", light: "#E3B5CF", basic: ansi.Magenta, fill: true},
	boxBackward2: {dark: "#DFA3C3", light: "#F0D3E2", basic: ansi.BrightMagenta, fill: true},
	boxModule2:   {dark: "#2FC79A", light: "#A6E0CE", basic: ansi.BrightGreen, fill: true},
}

// The background of the selected row.
const (
	selectedDark  = "#264B6E"
	selectedLight = "#C5DDF2"
)

// Styles holds the escape sequences of every look, on a plain background and on the
// selected row. They are made once per terminal and theme; encoding a canvas only
// copies them. A Styles doesn't change, and is safe for concurrent use.
type Styles struct {
	Color  bool          // whether there are colours, not only bold, faint and reverse
	plain  [looks]string // on the terminal's background
	sel    [looks]string // on the selected row
	filled [looks]bool   // whether a blank shows, by its background
}

// NewStyles makes the styles for a theme on a terminal with the given colours.
// dark says whether the background is dark, which matters to ThemeAuto only. ThemeNone
// uses no colour on any terminal, but weight and reverse.
func NewStyles(theme Theme, profile colorprofile.Profile, dark bool) *Styles {
	switch theme {
	case ThemeDark:
		dark = true
	case ThemeLight:
		dark = false
	case ThemeNone:
		profile = min(profile, colorprofile.ASCII)
	}
	s := &Styles{Color: profile > colorprofile.ASCII}
	for l := range looks {
		p := paints[l]
		s.plain[l] = p.style(profile, dark, false).String()
		s.sel[l] = p.style(profile, dark, true).String()
		s.filled[l] = p.fill || p.reverse
	}
	s.plain[plainText] = ""
	return s
}

// sequence is the escape sequence of a look; "" for plain text.
func (s *Styles) sequence(l look, selected bool) string {
	if selected {
		return s.sel[l]
	}
	return s.plain[l]
}

// visible reports whether a blank cell of this look shows.
func (s *Styles) visible(l look) bool { return s.filled[l] }

// style builds a look's attributes. A selected row has a background of its own where
// the terminal has 256 colours or more. With sixteen or none it is reversed instead,
// and loses its colours, which reversed could be unreadable; what is filled already is
// reversed on any terminal, so that selection shows there too.
func (p paint) style(profile colorprofile.Profile, dark, selected bool) ansi.Style {
	var st ansi.Style
	hasColor := profile > colorprofile.ASCII
	if p.bold {
		st = st.Bold()
	}
	if p.faint && !hasColor {
		st = st.Faint()
	}
	if p.reverse != (selected && (profile <= colorprofile.ANSI || p.fill)) {
		st = st.Reverse(true)
	}
	if !hasColor {
		return st
	}
	if c := p.color(profile, dark); c != nil && p.fill {
		st = st.BackgroundColor(c).ForegroundColor(ansi.Black)
	} else if c != nil && (!selected || profile > colorprofile.ANSI) {
		st = st.ForegroundColor(c)
	}
	if selected && profile > colorprofile.ANSI && !p.fill {
		st = st.BackgroundColor(profile.Convert(selection(dark)))
	}
	return st
}

func (p paint) color(profile colorprofile.Profile, dark bool) color.Color {
	switch {
	case p.dark == "":
		return nil
	case profile == colorprofile.ANSI:
		return p.basic
	case dark:
		return profile.Convert(lipgloss.Color(p.dark))
	}
	return profile.Convert(lipgloss.Color(p.light))
}

func selection(dark bool) color.Color {
	if dark {
		return lipgloss.Color(selectedDark)
	}
	return lipgloss.Color(selectedLight)
}
