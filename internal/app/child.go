package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
)

// Child is a program that profiles in a process of its own: this one, or another build
// of it. Args are the command and flags that make it write a profile's JSON to its
// standard output.
type Child struct {
	Program string
	Args    []string
}

// What is read of a child's streams at most, and how long it may take to end after an
// interrupt, before it is killed.
const (
	childOutput = 256 << 20
	childErrors = 64 << 10
	childGrace  = 2 * time.Second
)

// exitUsage is the exit code of a program that refuses its command line or a file.
const exitUsage = 2

// Profile runs the child to its end and reads its profile. A child that refuses its
// input gives an *InputError with what it says. When ctx ends, the child is
// interrupted.
func (c Child) Profile(ctx context.Context) (*profile.Profile, error) {
	out, errs := &capped{limit: childOutput}, &capped{limit: childErrors}
	cmd := exec.CommandContext(ctx, c.Program, c.Args...)
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = childGrace
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case out.over:
		return nil, fmt.Errorf("%s writes more than a profile", c.Program)
	case errors.As(err, &exit) && exit.ExitCode() == exitUsage:
		return nil, refuse("%s", lastLine(errs.String(), err))
	case errors.As(err, &exit):
		return nil, errors.New(lastLine(errs.String(), err))
	case err != nil:
		return nil, err
	}
	return export.Decode(out.Bytes())
}

// lastLine is the last line that a child wrote to its standard error, which says why it
// failed, without the program's name before it; if there is none, err.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := strings.TrimPrefix(strings.TrimSpace(lines[len(lines)-1]), "resnet-tui: ")
	if last == "" {
		return err.Error()
	}
	return profile.Printable(last)
}

// capped is a buffer that takes limit bytes and refuses what comes after them.
type capped struct {
	bytes.Buffer
	limit int
	over  bool
}

func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > c.limit {
		c.over = true
		return 0, io.ErrShortWrite
	}
	return c.Buffer.Write(p)
}

// identityTime is how long a program may take to say what it is.
const identityTime = 10 * time.Second

// identify refuses a program that isn't a build of this one.
func (c Child) identify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, identityTime)
	defer cancel()
	out := &capped{limit: childErrors}
	cmd := exec.CommandContext(ctx, c.Program, "--version")
	cmd.Stdout = out
	cmd.WaitDelay = childGrace
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil && strings.HasPrefix(out.String(), "resnet-tui version "):
		return nil
	case err != nil && !errors.As(err, &exit) && !out.over && ctx.Err() == nil:
		return refuse("{against} %s can't be run: %w", c.Program, err)
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return refuse("{against} %s is no build of resnet-tui: its --version doesn't say so", c.Program)
}

// inBuild says which build failed to profile. Where the other one did, it is what was
// named that can't be used.
func inBuild(c Child, against string, err error) error {
	var input *InputError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case c.Program == against:
		return refuse("{against} %s can't profile this: %w", against, err)
	case errors.As(err, &input):
		return err
	}
	return fmt.Errorf("this build can't profile: %w", err)
}
