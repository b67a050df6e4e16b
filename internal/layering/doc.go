// Package layering holds the test that no package imports upward.
package layering
