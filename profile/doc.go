// Package profile turns the spans of a running net into figures: a Recorder
// keeps the last passes, a Snapshot has their statistics for a screen, Measure
// makes a Profile of many passes, a Tree has the rows that screen, reports and
// exporters print, and the roofline says what bounds a layer. One table of units
// serves them all.
//
// A Tree is pprof's graph for a net: each kernel is in one row, a row's flat
// time is that of its own kernels, its cumulative time has those of the rows
// below it too, and the flat times of all rows make up a pass.
//
// Times are wall times of the program's kernels (tensor.KernelInfo): from the
// first worker's start to the last one's end. What a pass takes beyond the sum
// of its kernels is the overhead, a row of its own, so that means add up.
package profile
