// Package layering tests that no package imports one of a higher layer, and that
// the pages for contributors name packages and files that exist.
package layering
