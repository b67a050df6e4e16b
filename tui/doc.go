// Package tui is the screen: the block tree of a net with live figures, the
// time line of a pass, the memory that it holds and the device that runs it.
//
// One Model (a tea.Model) owns all that is drawn. Its views draw into a canvas
// of styled cells inside the rectangles that arrange computes; they handle no
// messages of their own. The engine runs in its own goroutine: the screen sends
// it wishes and reads its state, and samples a profile.Recorder at a steady
// rate. Nothing in Update waits, reads a file or computes for longer than a
// frame; what could takes the way of a tea.Cmd.
package tui
