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

// paint is how a look appears: a colour on a dark and on a light background, for
// terminals with all colours, with 256 (an index from 16) and with sixteen, and
// attributes that also hold without colour. Each is chosen by hand: what carries a
// meaning has a contrast of 3:1 or more on the background and on the selected row.
type paint struct {
	dark, light tint
	bold, faint bool
	reverse     bool
	fill        bool // the colour is the background's, the text on it is contrasting
}

// tint is a colour by what a terminal has.
type tint struct {
	full  string
	of256 ansi.IndexedColor
	of16  ansi.BasicColor
}

var paints = [looks]paint{
	muted:        {dark: tint{"#A8A8A8", 248, ansi.White}, light: tint{"#5E5E5E", 240, ansi.BrightBlack}},
	faint:        {dark: tint{"#8A8A8A", 245, ansi.White}, light: tint{"#737373", 243, ansi.BrightBlack}, faint: true},
	strong:       {bold: true},
	skipLook:     {dark: tint{"#56B4E9", 74, ansi.Cyan}, light: tint{"#0072B2", 25, ansi.Blue}, bold: true},
	skipDark:     {dark: tint{"#4C86A8", 67, ansi.Cyan}, light: tint{"#4A86AC", 60, ansi.Blue}, faint: true},
	skipDim:      {dark: tint{"#4F9DC9", 68, ansi.Cyan}, light: tint{"#2C7CAF", 25, ansi.Blue}},
	skipBright:   {dark: tint{"#A6DCFF", 153, ansi.BrightCyan}, light: tint{"#003E66", 18, ansi.Blue}, bold: true},
	branchLook:   {dark: tint{"#E69F00", 214, ansi.Yellow}, light: tint{"#9A6500", 130, ansi.Red}},
	plainLook:    {dark: tint{"#999999", 246, ansi.White}, light: tint{"#6E6E6E", 242, ansi.BrightBlack}},
	forwardLook:  {dark: tint{"#00AD7F", 36, ansi.Green}, light: tint{"#007A59", 29, ansi.Black}, bold: true},
	backwardLook: {dark: tint{"#D584B0", 175, ansi.Magenta}, light: tint{"#A8447C", 126, ansi.Magenta}},
	warningLook:  {dark: tint{"#F0741A", 208, ansi.BrightRed}, light: tint{"#B34700", 160, ansi.Red}, bold: true},
	currentTab:   {bold: true, reverse: true},
	matchLook:    {bold: true, reverse: true},
	bar0:         {dark: tint{"#1C957A", 30, ansi.Green}, light: tint{"#2A8A70", 30, ansi.BrightBlack}},
	bar1:         {dark: tint{"#00A87B", 36, ansi.Green}, light: tint{"#0B8264", 29, ansi.BrightBlack}},
	bar2:         {dark: tint{"#2FC79A", 43, ansi.BrightGreen}, light: tint{"#006F50", 23, ansi.Black}},
	bar3:         {dark: tint{"#7FE8C6", 122, ansi.BrightGreen}, light: tint{"#004D36", 22, ansi.Black}},
	boxSkip:      {dark: tint{"#56B4E9", 74, ansi.Cyan}, light: tint{"#8FCBEF", 117, ansi.Cyan}, fill: true},
	boxBranch:    {dark: tint{"#E69F00", 214, ansi.Yellow}, light: tint{"#F0C266", 221, ansi.Yellow}, fill: true},
	boxPlain:     {dark: tint{"#999999", 246, ansi.White}, light: tint{"#C4C4C4", 251, ansi.White}, fill: true},
	boxModule:    {dark: tint{"#00AD7F", 36, ansi.Green}, light: tint{"#7CCBB3", 115, ansi.Green}, fill: true},
	boxModule2:   {dark: tint{"#2FC79A", 43, ansi.BrightGreen}, light: tint{"#A6E0CE", 152, ansi.BrightGreen}, fill: true},
	boxBackward:  {dark: tint{"#CC79A7", 175, ansi.Magenta}, light: tint{"#E3B5CF", 182, ansi.Magenta}, fill: true},
	boxBackward2: {dark: tint{"#DFA3C3", 218, ansi.BrightMagenta}, light: tint{"#F0D3E2", 225, ansi.BrightMagenta}, fill: true},
}

// The background of the selected row; sixteen colours have none for it.
var (
	selectedDark  = tint{full: "#1B3654", of256: 18}
	selectedLight = tint{full: "#DCEBF8", of256: 189}
)

// on is the colour as a terminal has it, nil for none.
func (t tint) on(profile colorprofile.Profile) color.Color {
	switch {
	case t.full == "" || profile <= colorprofile.ASCII:
		return nil
	case profile == colorprofile.ANSI:
		return t.of16
	case profile == colorprofile.ANSI256:
		return t.of256
	}
	return lipgloss.Color(t.full)
}

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
		st = st.BackgroundColor(selection(dark).on(profile))
	}
	return st
}

func (p paint) color(profile colorprofile.Profile, dark bool) color.Color {
	if dark {
		return p.dark.on(profile)
	}
	return p.light.on(profile)
}

func selection(dark bool) tint {
	if dark {
		return selectedDark
	}
	return selectedLight
}
