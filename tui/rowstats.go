package tui

import (
	"time"

	"resnet-tui/profile"
)

// rowStats are what the single passes of a row show: all of it, forward and backward.
// They are 0 where they aren't known.
type rowStats struct {
	p95, min time.Duration
	half     float64 // half the 95 % interval of its time, as a share of it
	samples  int     // of the shared snapshots: the one that they are of
}

// stats are the row's, worked out once a snapshot, and only for rows that are looked at:
// a module's are of the sums of its kernels in every pass.
func (s *shared) stats(n *node) *rowStats {
	if n.stats.samples != s.samples {
		series := s.series(n)
		n.stats = rowStats{series.P95, series.Min, s.snap.ErrorOf(&series), s.samples}
	}
	return &n.stats
}

// series are a row's times, pass by pass.
func (s *shared) series(n *node) profile.Series {
	switch {
	case n == nil || s.program == nil || len(s.snap.Kernels) == 0:
		return profile.Series{}
	case n == s.list.tree.root:
		return s.snap.Wall
	case n.Kind == profile.OverheadRow:
		return s.snap.Overhead
	case n.Kernel >= 0 && !n.Folds() && len(n.Flat.After()) == 0:
		return s.snap.Kernels[n.Kernel]
	}
	return s.snap.Sum(n.Kernels.All())
}
