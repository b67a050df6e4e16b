package tui

import "context"

// Run shows the screen until the user quits, ctx ends or the terminal fails. The
// terminal is left as it was found. When ctx ends, its error is returned; when the user
// quits, nil. The engine goes on: its owner closes it.
func Run(ctx context.Context, o Options) error {
	return runProgram(ctx, New(o), streams{o.In, o.Out, o.Environ})
}
