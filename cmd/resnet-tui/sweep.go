package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
)

// sweepFlags are the values of flags that take lists.
type sweepFlags struct {
	batches, threads []int
	sizes            []app.Size
}

// addSweep lets --batch, --size and --threads take lists.
func addSweep(cmd *cobra.Command, spec *app.Spec) *sweepFlags {
	s := &sweepFlags{}
	makeList(cmd, "batch", func() { s.batches = append(s.batches, spec.Net.Batch) })
	makeList(cmd, "threads", func() { s.threads = append(s.threads, spec.Run.Threads) })
	makeList(cmd, "size", func() {
		s.sizes = append(s.sizes, app.Size{Height: spec.Net.Height, Width: spec.Net.Width})
	})
	return s
}

// any reports whether any flag is a list.
func (s *sweepFlags) any() bool { return max(len(s.batches), len(s.sizes), len(s.threads)) > 1 }

func (s *sweepFlags) options() app.SweepOptions {
	return app.SweepOptions{Batches: s.batches, Sizes: s.sizes, Threads: s.threads}
}

// listOf makes a list of a flag for one value: keep is called after each value has
// been set.
type listOf struct {
	pflag.Value
	keep func()
}

func makeList(cmd *cobra.Command, name string, keep func()) {
	f := cmd.Flags().Lookup(name)
	f.Value = &listOf{f.Value, keep}
	f.Usage += "; a list makes a sweep"
}

func (l *listOf) Type() string { return l.Value.Type() + ",…" }

func (l *listOf) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		if err := l.Value.Set(strings.TrimSpace(part)); err != nil {
			return err
		}
		l.keep()
	}
	return nil
}
