package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"resnet-tui/internal/app"
)

// Exit codes, as the command line's contract has them.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2 // the command line or an input file can't be used
	exitUndecided = 3 // noise forbids the verdict of a check
)

// program is one start of the program: its streams, and what went wrong.
type program struct {
	in       io.Reader
	out      io.Writer
	err      io.Writer
	args     []string
	self     string // the executable; "" asks the system, but in tests that is the test's
	console  *console
	graphics string // what is drawn with
	failure  error
}

// main runs the command that args name, and returns the exit code.
func (p *program) main(ctx context.Context, args []string) int {
	p.console = newConsole(p.err)
	p.args = args
	root := newRoot(p)
	root.SetArgs(args)
	enableEscapes(p.out, p.err)
	ctx, stop := signal.NotifyContext(ctx, endingSignals()...)
	defer stop()
	err := root.ExecuteContext(ctx)
	p.console.clear()
	if err != nil && p.failure == nil {
		p.failure = usageError{err}
	}
	if p.failure == nil {
		return exitDone
	}
	p.tell("resnet-tui: " + oneLine(p.failure))
	return exitCode(p.failure)
}

// exitCode is the code that tells a failure's kind.
func exitCode(failure error) int {
	var undecided *app.InconclusiveError
	switch {
	case isUsage(failure):
		return exitUsage
	case errors.As(failure, &undecided):
		return exitUndecided
	}
	return exitFailed
}

// endingSignals are the signals that end the program as q does: what is under way is
// stopped, and the terminal is given back. A signal that whoever started the program
// told it to ignore, as nohup does with SIGHUP, stays ignored.
func endingSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	return slices.DeleteFunc(all, signal.Ignored)
}

// tell writes a line to stderr.
func (p *program) tell(line string) { fmt.Fprintln(p.err, shown(line)) }

// service makes the use cases, with the folders that the environment names.
func (p *program) service() app.Service {
	return app.Service{Version: version(), StateDir: stateDir(), CacheDir: cacheDir()}
}

// onTerminal reports whether there is a terminal to draw on and to take keys from.
func (p *program) onTerminal() bool { return isTerminal(p.out) && isTerminal(p.in) }

// isTerminal reports whether w is a terminal that can draw.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// action is a command's function.
type action = func(cmd *cobra.Command, args []string) error

// run makes a command's function of f. An argument that f does not take is a
// mistake.
func (p *program) run(f func(cmd *cobra.Command) error) action {
	return func(cmd *cobra.Command, args []string) error {
		if p.failure != nil {
			return nil
		}
		if len(args) > 0 {
			p.failure = leftover(cmd, args[0])
			return nil
		}
		if p.failure = applyConfig(cmd); p.failure == nil {
			p.failure = f(cmd)
		}
		return nil
	}
}

// runFiles makes a command's function of f, which takes least to most files.
func (p *program) runFiles(least, most int, want string, f action) action {
	return func(cmd *cobra.Command, files []string) error {
		if p.failure == nil && (len(files) < least || len(files) > most) {
			p.failure = usage("%s takes %s", cmd.Name(), want)
			return nil
		}
		return p.run(func(cmd *cobra.Command) error { return f(cmd, files) })(cmd, nil)
	}
}

// leftover says what is wrong with an argument that nobody takes.
func leftover(cmd *cobra.Command, arg string) error {
	if cmd.HasParent() {
		return usage("%s takes no argument %q, only flags (%s --help)", cmd.Name(), arg, cmd.CommandPath())
	}
	if near := cmd.SuggestionsFor(arg); len(near) > 0 {
		return usage("unknown command %q; did you mean %s?", arg, strings.Join(near, " or "))
	}
	return usage("unknown command %q (resnet-tui --help lists them)", arg)
}

// usageError is an error of the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// isUsage reports whether the command line or an input file can't be used.
func isUsage(err error) bool {
	var mistake usageError
	var input *app.InputError
	return errors.As(err, &mistake) || errors.As(err, &input)
}

// oneLine is an error in one line, with the flags that it names.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := err.Error()
	var input *app.InputError
	if errors.As(err, &input) {
		text = strings.Replace(text, input.Error(), input.Named(flagName), 1)
	}
	lines := slices.Compact(strings.Split(text, "\n")) // a lost device fails whoever uses it, alike
	if advice, ok := app.Advice(err); ok {
		lines = append(lines, advice.Named(flagName))
	}
	return joinLines(strings.Join(lines, "\n"))
}

func joinLines(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}

// flagName is the flag that sets a field of a spec or of options.
func flagName(field string) string { return "--" + field }
