// Package layering tests that no package imports one of a higher layer.
package layering
