// Package export writes profiles in the formats of other tools, and reads back
// the two that hold a whole profile.
//
// Each format is a function
//
//	func(w io.Writer, p *profile.Profile) error
//
// in a file of its own, with a link to the specification that it follows:
//
//	PProf        gzip'd protocol buffer, for go tool pprof
//	Folded       text, for flamegraph.pl, inferno and speedscope
//	Speedscope   JSON, for speedscope.app
//	ChromeTrace  JSON, for ui.perfetto.dev and chrome://tracing
//	HTML         a report for people, in one file
//
// All but ChromeTrace print one tree, Profile.ByPass: net, pass, stage, block,
// layer, kernel. Times add up; the time of a pass outside of its kernels is the frame
// "overhead". HTML and Speedscope have the profile's own statistic (typical times, see
// profile.Statistic), PProf and Folded have means of all passes. ChromeTrace prints
// single passes, span by span.
//
// Exporters don't change the profile, so several may run at once. They return the
// first error of the writer; what they wrote until then is incomplete.
package export
