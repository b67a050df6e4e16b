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
// layer, kernel. Times are means (profile.Statistic), which add up; the time of a
// pass outside of its kernels is the frame "overhead". So the frames of a file
// add up to the mean pass. ChromeTrace prints single passes, span by span.
//
// Exporters don't change the profile, so several may run at once. They return the
// first error of the writer; what they wrote until then is incomplete.
package export
