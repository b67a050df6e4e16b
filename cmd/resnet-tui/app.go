package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit codes, as the command line's contract has them.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // the command line or an input file can't be used
)

// app is one start of the program: its streams, and what went wrong.
type app struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	failure error
}

// main runs the command that args name, and returns the exit code.
func (a *app) main(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetArgs(args)
	// Errors of our own don't go through cobra, which would ask the terminal
	// for its background colour before printing one.
	quiet := func(io.Writer, fang.Styles, error) {}
	err := fang.Execute(ctx, root, fang.WithVersion(version()), fang.WithErrorHandler(quiet), fang.WithNotifySignal(os.Interrupt, syscall.SIGTERM))
	if err != nil && a.failure == nil {
		a.failure = usageError{err}
	}
	if a.failure == nil {
		return exitDone
	}
	fmt.Fprintln(a.err, "resnet-tui: "+oneLine(a.failure))
	var u usageError
	if errors.As(a.failure, &u) {
		return exitUsage
	}
	return exitFailed
}

// usageError is an error of the command line or of an input file.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// asUsage marks an error, if there is one, as the input's.
func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// run makes a command's function of f, which takes no arguments: a leftover
// one is a mistake.
func (a *app) run(f func(cmd *cobra.Command) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if a.failure != nil {
			return nil
		}
		if len(args) > 0 {
			a.failure = leftover(cmd, args[0])
			return nil
		}
		if a.failure = applyConfig(cmd); a.failure == nil {
			a.failure = f(cmd)
		}
		return nil
	}
}

// leftover says what is wrong with an argument that nobody takes.
func leftover(cmd *cobra.Command, arg string) error {
	if cmd.HasParent() {
		return usage("%s takes no argument %q; what it works on is given by flags (%s --help)", cmd.Name(), arg, cmd.CommandPath())
	}
	if near := cmd.SuggestionsFor(arg); len(near) > 0 {
		return usage("unknown command %q; near it: %s", arg, strings.Join(near, ", "))
	}
	return usage("unknown command %q (resnet-tui --help lists them)", arg)
}

// isTerminal reports whether w is a terminal that can draw.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
