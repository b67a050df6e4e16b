// Package layering tests that no package imports one of a higher layer, and that
// the pages for readers name packages, files and dependencies that exist.
package layering
