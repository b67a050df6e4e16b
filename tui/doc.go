// Package tui is the screen: the block tree of a net with live figures, the
// time line of a pass, what reaches the blocks backward, the roofline, the
// memory that a pass holds, the net's twin, training runs, and the device that
// runs it all.
//
// Every program of the package (Model, the watch of a training run, the
// comparison of two profiles) embeds a host: the terminal's size and colours, a
// canvas of styled cells, the keys and the dialog that is open. Model keeps what
// its views share (the tree and its selection, the engine's newest state, the
// newest snapshot, the units) and leaves the rest to them: a view is one value
// with its own state, drawing and keys, in one file, listed in newViews.
//
// Messages change state, drawing only reads it: Update handles a message and
// then refreshes what follows from it, and a draw method writes to nothing but
// the canvas. The engine runs in its own goroutines: the screen sends it requests,
// reads the states that it publishes, and samples a profile.Recorder at a steady
// rate. Nothing in Update waits, reads a file or computes for longer than a
// frame; what could is a tea.Cmd.
package tui
