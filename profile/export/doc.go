// Package export writes profiles in the formats of other tools, and reads back
// what this program wrote. Each format is one function
//
//	func(w io.Writer, p *profile.Profile) error
//
// Times in them are means of a pass; what a pass takes beyond its layers is
// the frame "overhead".
package export
