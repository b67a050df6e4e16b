// Package rooms holds the test that no package imports upward.
package rooms
