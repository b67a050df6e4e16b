package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// list is a flag that takes several values of another flag, which is set to
// one of them at a time.
type list struct {
	pflag.Value
	values []string
}

// makeList lets a flag of cmd take a list.
func makeList(cmd *cobra.Command, name string) *list {
	f := cmd.Flags().Lookup(name)
	l := &list{Value: f.Value}
	f.Value = l
	f.Usage += "; a list makes a sweep"
	return l
}

func (l *list) Type() string { return l.Value.Type() + ",…" }

// Set checks every value, and leaves the flag at the first.
func (l *list) Set(s string) error {
	l.values = strings.Split(s, ",")
	for i := len(l.values) - 1; i >= 0; i-- {
		if err := l.Value.Set(strings.TrimSpace(l.values[i])); err != nil {
			return err
		}
	}
	return nil
}

// sweepFlags are the flags that may be lists.
type sweepFlags struct{ batch, size, threads *list }

func (s *sweepFlags) add(cmd *cobra.Command) {
	s.batch, s.size, s.threads = makeList(cmd, "batch"), makeList(cmd, "size"), makeList(cmd, "threads")
}

// wanted reports whether any flag is a list.
func (s *sweepFlags) wanted() bool {
	return max(len(s.batch.values), len(s.size.values), len(s.threads.values)) > 1
}

const maxSweep = 1000

// run measures every combination.
func (s *sweepFlags) run(cmd *cobra.Command, m *modelFlags, r *runFlags, forget bool) (report.Report, error) {
	total := max(len(s.threads.values), 1) * max(len(s.size.values), 1) * max(len(s.batch.values), 1)
	if total > maxSweep {
		return nil, usage("the lists make a sweep of %d profiles; %d at most", total, maxSweep)
	}
	show := newProgress(cmd.ErrOrStderr())
	sweep := &profile.Sweep{}
	err := s.threads.each(func() error {
		return s.size.each(func() error {
			return s.batch.each(func() error {
				show.say("profile %d of %d", len(sweep.Rows)+1, total)
				p, err := measureAndKeep(cmd, m, r, forget)
				if err != nil {
					return err
				}
				sweep.Add(p.Profile)
				return nil
			})
		})
	})
	show.clear()
	sweep.MarkKnees()
	return report.Sweep{Sweep: sweep}, err
}

// each sets the flag to each of its values in turn; to none if it has none.
func (l *list) each(do func() error) error {
	if len(l.values) == 0 {
		return do()
	}
	for _, v := range l.values {
		if err := l.Value.Set(strings.TrimSpace(v)); err != nil {
			return err
		}
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
