package checkpoint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/tensor"
)

// Sets are the sets of weights that the file holds, in its order.
func (f *File) Sets() []*Set { return f.sets }

// Source matches the file's tensors with a net's parameters, and returns a source of
// their values, which works as long as the file is open. Of several sets of weights it
// takes the one that fits. If none does it returns a *MatchError on the one that comes
// closest, and if several fit, or come as close, or none comes close, a *ChoiceError.
func (f *File) Source(params []tensor.Param) (tensor.Source, error) {
	best, err := f.closest(params, (*Match).Fits)
	if err != nil {
		return nil, err
	}
	if best.Fits() {
		return best.Source(nil), best.integers()
	}
	if err := f.Whole(); err != nil {
		return nil, err
	}
	if nets := f.nets(); len(nets) > 1 && 2*len(best.from) < len(params) {
		return nil, &ChoiceError{File: f.name, Sets: nets}
	}
	return nil, best.mismatch()
}

// Part matches as many of the net's parameters as the file has tensors for. Of several
// sets of weights it takes the one that has most; if two have as many it returns a
// *ChoiceError, and if none has any a *MatchError.
func (f *File) Part(params []tensor.Param) (*Match, error) {
	best, err := f.closest(params, func(m *Match) bool { return len(m.from) > 0 })
	if err != nil {
		return nil, err
	}
	if len(best.from) == 0 {
		return nil, best.mismatch()
	}
	return best, best.integers()
}

// nets are the sets that have the names of a net.
func (f *File) nets() []*Set {
	return slices.DeleteFunc(slices.Clone(f.sets), func(s *Set) bool { return s.err != nil || !s.hasNet() })
}

// closest is the set that has most of a net's parameters among those that will do, or
// among all if none does. It is an error if two are as close and not the same.
func (f *File) closest(params []tensor.Param, will func(*Match) bool) (*Match, error) {
	var best []*Match
	var broken error
	fits := false
	for _, s := range f.sets {
		if s.err != nil {
			broken = s.err
			continue
		}
		m := s.Match(params)
		switch ok := will(m); {
		case len(best) == 0, ok && !fits, ok == fits && m.closer(best[0]) > 0:
			best, fits = []*Match{m}, ok
		case ok == fits && m.closer(best[0]) == 0 && !slices.ContainsFunc(best, m.same):
			best = append(best, m)
		}
	}
	if broken != nil && (len(best) == 0 || len(best[0].from) == 0) {
		return nil, fmt.Errorf("%s: %w", f.name, broken)
	}
	if len(best) > 1 {
		return nil, &ChoiceError{File: f.name, Sets: setsIn(best), Fit: fits}
	}
	return best[0], nil
}

// closer compares how much of the net two sets have, then how much of it in another
// shape, and then whether they have the names of any net.
func (m *Match) closer(than *Match) int {
	return cmp.Or(
		len(m.from)-len(than.from), len(than.absent)-len(m.absent), toInt(m.Set.hasNet())-toInt(than.Set.hasNet()))
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// same reports whether two sets give a net the same tensors: modules that two parts of a
// model share are saved once, under both names.
func (m *Match) same(as *Match) bool {
	for p, name := range m.from {
		a, b := m.views[name], as.views[as.from[p]]
		if b == nil || a.store != b.store || a.offset != b.offset || a.dtype != b.dtype ||
			!slices.Equal(a.shape, b.shape) || !slices.Equal(a.strides, b.strides) {
			return false
		}
	}
	return len(m.from) > 0
}

func setsIn(matches []*Match) []*Set {
	var sets []*Set
	for _, m := range matches {
		sets = append(sets, m.Set)
	}
	return sets
}

// ChoiceError reports that a file holds several sets of weights, of which none is the
// right one by itself.
type ChoiceError struct {
	File string   // its name
	Sets []*Set   // those to choose from
	Fit  bool     // each of them fits
	Is   []string // what each set is, if it is known
}

// Error names what opens each of the sets.
func (e *ChoiceError) Error() string {
	var args []string
	for i, s := range e.Sets {
		is := countTensors(s.Len())
		if i < len(e.Is) && e.Is[i] != "" {
			is = e.Is[i]
		}
		args = append(args, fmt.Sprintf("%s (%s)", s.Argument(), is))
	}
	what := "none of which fits the net"
	if e.Fit {
		what = "name one of them"
	}
	return fmt.Sprintf("%s holds more than one set of weights, %s: %s", e.File, what, firstOf(args, mostSets))
}

// MatchError reports how a checkpoint's tensors differ from a net's parameters.
type MatchError struct {
	File    string   // its name
	Set     *Set     // that comes closest
	Missing []string // parameters without a tensor
	Extra   []string // tensors without a parameter
	Shapes  []string // differing shapes: "fc.weight: 10×64 in the file, 1000×64 in the net"
	Found   int      // parameters that have a tensor

	note string // on its names
}

// mismatch is the error of a set that doesn't fit.
func (m *Match) mismatch() *MatchError {
	e := &MatchError{File: m.Set.file.name, Set: m.Set, Missing: m.absent, Extra: m.extra, Shapes: m.shapes}
	e.Found = len(m.from)
	if len(m.Set.file.sets) > 1 {
		e.File = argument(e.File, m.Set.key)
	}
	if m.Set.sequential() {
		e.note = "; its names, such as " + quoteName(m.Set.tensors[0].name) +
			", are those of nn.Sequential(*net.children()), and were taken in their order"
	}
	return e
}

// Bounds of the names of each kind that a MatchError lists.
const (
	mostNames  = 4
	mostShapes = 2
)

// Error lists the first names of each kind.
func (e *MatchError) Error() string {
	var parts []string
	for _, kind := range []struct {
		names []string
		what  string
		most  int
	}{
		{e.Missing, "missing", mostNames}, {e.Extra, "extra", mostNames}, {e.Shapes, "of another shape", mostShapes},
	} {
		if n := len(kind.names); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", n, kind.what, firstOf(kind.names, kind.most)))
		}
	}
	return e.File + " doesn't fit the net: " + strings.Join(parts, ", ") + e.note
}
