package tui

import (
	"cmp"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// columnID names a column of the tree. Their order is the order on the screen; which of
// them come in is decided by rank.
type columnID uint8

const (
	colModule columnID = iota
	colOutput
	colParams
	colOps // MACs or FLOPs
	colMemory
	colTime
	colBack // of the backward pass
	colBar
	colShare
	colRate
	colMean // of the output, while stepping
	colStd
	colChange // of the output, without a part of the image
	colSpread
	colP95
	colField
	colKernel
	columnCount
)

// column is what is fixed about a column.
type column struct {
	title  string
	width  int  // in cells, with the gap before it
	rank   int  // importance, 1 first: the least important leave when it gets narrow
	left   bool // its text is aligned to the left, else to the right
	sorts  bool // rows can be ordered by it
	figure int  // cells of the unit after the number, so that numbers line up
}

var columns = [columnCount]column{
	colModule: {title: "module", left: true, sorts: true},
	colTime:   {title: "time", width: 10, rank: 1, sorts: true, figure: 2},
	colBack:   {title: "backward", width: 10, rank: 2, sorts: true, figure: 2},
	colMean:   {title: "mean", width: 9, rank: 3},
	colStd:    {title: "std", width: 9, rank: 4},
	colChange: {title: "Δ", width: 9, rank: 5, sorts: true, figure: 1},
	colBar:    {title: "", width: 13, rank: 6, left: true},
	colShare:  {title: "share", width: 8, rank: 7, sorts: true, figure: 1},
	colOutput: {title: "output", width: 13, rank: 8, left: true, sorts: true},
	colOps:    {title: "MACs", width: 9, rank: 9, sorts: true, figure: 1},
	colParams: {title: "params", width: 9, rank: 10, sorts: true, figure: 1},
	colRate:   {title: "GFLOP/s", width: 8, rank: 11, sorts: true},
	colMemory: {title: "memory", width: 9, rank: 12, sorts: true, figure: 2},
	colSpread: {title: "±", width: 8, rank: 13, sorts: true, figure: 1},
	colP95:    {title: "p95", width: 10, rank: 14, sorts: true, figure: 2},
	colField:  {title: "sees", width: 7, rank: 15, sorts: true},
	colKernel: {title: "kernel", width: 24, rank: 16, left: true},
}

// extras are columns that are there only at times, and the cells that the longest name
// would like.
type extras struct {
	stepping, backward, covered bool
	names                       int
}

func (e extras) has(id columnID) bool {
	switch id {
	case colMean, colStd:
		return e.stepping
	case colBack:
		return e.backward
	case colChange:
		return e.covered
	}
	return true
}

// placedColumn is a column with the cells that it has got.
type placedColumn struct {
	id   columnID
	x, w int
}

// The cells that the names get: at least, as much as is wanted before less
// important columns come in, and at most.
const (
	narrowName = 10
	wantedName = 27
	widestName = 40 // unless there are longer ones
	longest    = 64 // name that counts for that
	widestBar  = 33
	narrowBar  = 5 // where names need the room
)

// units says how figures are shown. The user changes it; no figure is stored in it.
type units struct {
	time  string // a unit of profile.Time, or "" for the one that suits
	flops bool   // operations as FLOPs, not MACs
}

// timeUnits are the units that a key goes through.
var timeUnits = []string{"", "ns", "µs", "ms"}

func (u units) duration(d time.Duration) profile.Figure {
	if d <= 0 {
		return profile.Figure{}
	}
	if u.time == "" {
		return profile.Time.Figure(float64(d))
	}
	return profile.Time.In(float64(d), u.time)
}

// timeWidth is the width of a column of durations: nanoseconds take more.
func (u units) timeWidth() int {
	switch u.time {
	case "ns":
		return 14
	case "µs":
		return 11
	}
	return columns[colTime].width
}

func (u units) width(id columnID) int {
	if id == colTime || id == colBack || id == colP95 {
		return u.timeWidth()
	}
	return columns[id].width
}

func (u units) title(id columnID) string {
	if id == colOps && u.flops {
		return "FLOPs"
	}
	return columns[id].title
}

// ops are a row's operations, for one image.
func (u units) ops(n *node) int64 {
	if u.flops {
		return n.Cost.FLOPs()
	}
	return n.Cost.MACs
}

// layoutColumns chooses the columns for a table of w cells, by importance, and lays
// them out. The first column without room ends the choice, even if a later, narrower
// one would fit: widening a terminal then only ever adds columns. Names get their
// wanted width, or 45 % of a narrow table, before any other column.
func layoutColumns(w int, u units, with extras) []placedColumn {
	want := max(narrowName, min(wantedName, w*45/100))
	rest := w - want
	var in [columnCount]bool
	for rank := 1; ; rank++ {
		id, ok := ranked(rank)
		if !ok {
			break
		}
		if !with.has(id) {
			continue
		}
		cells := u.width(id)
		if rank == 1 {
			cells = min(cells, w-narrowName) // the time is always there
		}
		if cells > rest {
			break
		}
		in[id], rest = true, rest-cells
	}
	return layoutChosen(in, want, rest, u, w, with.names)
}

// ranked is the column of an importance.
func ranked(rank int) (columnID, bool) {
	for id := range columnCount {
		if columns[id].rank == rank {
			return id, true
		}
	}
	return 0, false
}

// layoutChosen lays the chosen columns out in the order of their ids. Names get the
// room that is left, up to a limit, and the bars after them; the rest stays empty on
// the right, rather than tear figures apart from their rows' names. Where need, the cells
// of the longest name, is more than that, bars give some of theirs: columns stay.
func layoutChosen(in [columnCount]bool, name, rest int, u units, w, need int) []placedColumn {
	bar := columns[colBar].width
	need = min(need, longest)
	grow := min(rest, max(widestName, need)-name)
	name, rest = name+grow, rest-grow
	if in[colBar] {
		bar += min(rest, widestBar-bar)
		give := max(min(need-name, bar-narrowBar), 0)
		name, bar = name+give, bar-give
	}
	ps := []placedColumn{{colModule, 0, name}}
	x := name
	for id := colModule + 1; id < columnCount; id++ {
		if !in[id] {
			continue
		}
		cells := u.width(id)
		if id == colBar {
			cells = bar
		}
		cells = min(cells, w-x)
		ps = append(ps, placedColumn{id, x, cells})
		x += cells
	}
	return ps
}

// columnAt is the column drawn at cell x.
func columnAt(ps []placedColumn, x int) (columnID, bool) {
	for _, p := range ps {
		if x >= p.x && x < p.x+p.w {
			return p.id, true
		}
	}
	return 0, false
}

// compare orders rows by a column, the largest first; names in the order of the
// alphabet, shapes by their number of elements.
func (s *shared) compare(id columnID, a, b *node) int {
	switch id {
	case colModule:
		return strings.Compare(a.Path, b.Path)
	case colOutput:
		return cmp.Compare(elems(b.Out), elems(a.Out))
	case colParams:
		return cmp.Compare(b.Cost.Params, a.Cost.Params)
	case colOps:
		return cmp.Compare(b.Cost.MACs, a.Cost.MACs)
	case colMemory:
		return cmp.Compare(b.Cost.ActivationBytes, a.Cost.ActivationBytes)
	case colRate:
		return cmp.Compare(rate(b), rate(a))
	case colSpread:
		return cmp.Compare(s.stats(b).half, s.stats(a).half)
	case colBack:
		return cmp.Compare(b.back, a.back)
	case colShare:
		return cmp.Compare(b.time+b.back, a.time+a.back)
	case colP95:
		return cmp.Compare(s.stats(b).p95, s.stats(a).p95)
	case colField:
		return cmp.Compare(field(b), field(a))
	case colChange:
		x, _ := s.change(a)
		y, _ := s.change(b)
		return cmp.Compare(y, x)
	}
	return cmp.Compare(b.time, a.time)
}

func elems(s tensor.Shape) int {
	if len(s) == 0 {
		return 0
	}
	return s.Elems()
}

// rate is multiply-adds per nanosecond, for comparisons.
func rate(n *node) float64 {
	if n.time <= 0 {
		return 0
	}
	return float64(n.Cost.MACs) / float64(n.time)
}

// field is the receptive field of a row's last layer, in pixels.
func field(n *node) int {
	if l := n.Last(); l != nil {
		return l.RF
	}
	return 0
}
