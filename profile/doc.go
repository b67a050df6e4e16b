// Package profile turns the spans of a running net into figures: a Recorder
// keeps the last passes, a Snapshot has their statistics for a screen, Measure
// makes a Profile of many passes, Tree sums along the modules, and the roofline
// says what bounds a layer. One table of units serves every report and the
// screen.
//
// Times are wall times of groups of operations (tensor.Group): from the first
// worker's start to the last one's end. What a pass takes beyond the sum of its
// groups is the overhead, a row of its own, so that means add up.
package profile
