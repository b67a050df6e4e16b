package app

import (
	"context"
	"fmt"
	"time"

	"resnet-tui/profile"
)

// MatchTime is how long a check against another build runs at most, if nothing is said.
const MatchTime = 3 * time.Minute

// match runs the other build and this one turn about, in processes of their own, until
// it is settled whether this one is slower, or time is up.
func (o *CheckOptions) match(ctx context.Context, l Listener) (x profile.Check, err error) {
	limit := MatchTime
	if o.MaxTime != nil {
		limit = *o.MaxTime
	}
	if err := o.Other.identify(ctx); err != nil {
		return x, err
	}
	m := profile.NewMatch(o.tolerance())
	began := time.Now()
	for settled, last := false, false; !settled && !last; {
		l.progress(Progress{
			Stage: "processes", Done: int64(m.Pairs()),
			Text: fmt.Sprintf("pair %d of processes, %s of at most %s",
				m.Pairs()+1, time.Since(began).Round(time.Second), limit),
		})
		if err := o.pair(ctx, m); err != nil {
			return x, err
		}
		took := time.Since(began)
		last = took+took/time.Duration(m.Pairs()) > limit // there is no time for another pair
		x, settled = m.Settled(last, took)
	}
	return x, nil
}

// pair adds a process of each build to a match. They take turns in going first.
func (o *CheckOptions) pair(ctx context.Context, m *profile.Match) error {
	var of [2]*profile.Profile // of the other build, of this one
	for i := range of {
		if m.Pairs()%2 != 0 {
			i = 1 - i
		}
		child := [2]Child{o.Other, o.This}[i]
		p, err := child.Profile(ctx)
		if err != nil {
			return inBuild(child, o.Against, err)
		}
		of[i] = p
	}
	if err := m.Add(of[0], of[1]); err != nil {
		return refuse("{against} %s can't be compared: %w", o.Against, err)
	}
	return nil
}
