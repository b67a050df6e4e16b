// Package export writes profiles in the formats of other tools, and reads back
// what this program wrote. Each format is one function
//
//	func(w io.Writer, p *profile.Profile) error
//
// They print one tree, Profile.ByPass: pass, stage, block, layer, kernel. Times
// are those of profile.Statistic; what a pass takes beyond its kernels is the
// frame "overhead", so that the frames add up to the pass.
//
// Exporters only read the profile, and may run side by side. They return the
// first error of the writer.
package export
