package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"resnet-tui/tensor"
)

// Match says how the tensors of a set are assigned to a net's parameters.
type Match struct {
	Set *Set
	// Missing are parameters without a tensor, and Unused tensors without a parameter. A
	// parameter whose tensor has another shape is missing, and its tensor is unused.
	Missing, Unused []string

	absent []string // parameters without a tensor of any shape
	extra  []string // tensors that keep the set from fitting
	shapes []string // "fc.weight: 10×64 in the file, 1000×64 in the net"
	from   map[string]string
	views  map[string]*view
}

// Fits reports whether every parameter has a tensor, and every tensor a parameter. In a
// dictionary that holds several nets, tensors of none of them don't matter.
func (m *Match) Fits() bool { return len(m.absent)+len(m.extra)+len(m.shapes) == 0 }

// Match assigns the tensors of the set to a net's parameters by name.
//
// A prefix of all names (module., model., backbone. …) is ignored. The classifier and the
// shortcuts may have the names of other projects; Hugging Face's names are known, and the
// numbers that nn.Sequential(*net.children()) gives modules are taken in their order.
// Counters such as a batch norm's num_batches_tracked are ignored.
func (s *Set) Match(params []tensor.Param) *Match {
	a := newMatcher(s, params)
	m := &Match{Set: s, from: map[string]string{}, views: map[string]*view{}}
	shapes := map[string]tensor.Shape{}
	for _, t := range s.tensors {
		shapes[t.name] = t.view.shape
		m.views[t.name] = t.view
	}
	wrong := map[string]bool{} // tensors of another shape
	for _, p := range params {
		name, ok := a.from[p.Name]
		shape := shapes[name]
		switch {
		case ok && shape.Equal(p.Shape):
			m.from[p.Name] = name
			continue
		case ok:
			wrong[name] = true
			m.shapes = append(m.shapes,
				fmt.Sprintf("%s: %s in the file, %s in the net", p.Name, extents(shape), extents(p.Shape)))
		default:
			m.absent = append(m.absent, p.Name)
		}
		m.Missing = append(m.Missing, p.Name)
	}
	m.leftOver(a, wrong)
	return m
}

// leftOver lists the tensors that no parameter takes.
func (m *Match) leftOver(a *matcher, wrong map[string]bool) {
	for i, t := range m.Set.tensors {
		if a.used[t.name] && !wrong[t.name] || bookkeeping.MatchString(t.name) {
			continue
		}
		m.Unused = append(m.Unused, quoteName(t.name))
		if !wrong[t.name] && !m.Set.beside[i] {
			m.extra = append(m.extra, quoteName(t.name))
		}
	}
}

// Source is a source of the values of the parameters that have a tensor, which works as
// long as the file is open. The others are from rest, which may be nil if none is missing.
func (m *Match) Source(rest tensor.Source) tensor.Source { return &matched{m, rest} }

// matched is a file whose tensors are assigned to a net's parameters.
type matched struct {
	match *Match
	rest  tensor.Source // nil: there is none
}

// Load reads the tensor that is assigned to p; see tensor.Source.
func (m *matched) Load(p tensor.Param, t *tensor.Tensor) error {
	name, ok := m.match.from[p.Name]
	switch {
	case ok:
		return m.match.Set.file.readView(name, m.match.views[name], t)
	case m.rest != nil:
		return m.rest.Load(p, t)
	}
	return fmt.Errorf("%s has no tensor for the parameter %s", m.match.Set.file.name, p.Name)
}

// matcher assigns tensors to parameters.
type matcher struct {
	params map[string]bool   // names of the net's parameters
	from   map[string]string // parameter → tensor
	used   map[string]bool   // tensors that are assigned
}

// newMatcher assigns tensors by their own names first, then by the names that they
// would have in torchvision, and finally looks for the classifier.
func newMatcher(s *Set, params []tensor.Param) *matcher {
	m := &matcher{params: map[string]bool{}, from: map[string]string{}, used: map[string]bool{}}
	for _, p := range params {
		m.params[p.Name] = true
	}
	prefix := m.prefix(s)
	for _, t := range s.tensors {
		if rest, ok := strings.CutPrefix(t.name, prefix); ok {
			m.assign(rest, t.name)
		}
	}
	for i, t := range s.tensors {
		for _, form := range s.forms[i] {
			if rest, ok := strings.CutPrefix(form, prefix); ok {
				m.assign(rest, t.name)
			}
		}
	}
	m.findHead(s)
	return m
}

// assign gives a tensor to a parameter, if the net has it and both are still free.
func (m *matcher) assign(param, name string) {
	if _, taken := m.from[param]; taken || m.used[name] || !m.params[param] {
		return
	}
	m.from[param] = name
	m.used[name] = true
}

// findHead finds a classifier with another prefix than the rest, as in
// backbone.conv1.weight and head.fc.weight.
func (m *matcher) findHead(s *Set) {
	for i, t := range s.tensors {
		for _, form := range s.forms[i] {
			if head, ok := headIn(form); ok {
				m.assign(head, t.name)
			}
		}
	}
}

// prefix returns the prefix of the net's names in the file: the one with which most
// names fit, and the shortest of several.
func (m *matcher) prefix(s *Set) string {
	fits := map[string]int{}
	for i := range s.tensors {
		for _, form := range s.forms[i] {
			m.countPrefixes(form, fits)
		}
	}
	best := ""
	for p, n := range fits {
		shorter := len(p) < len(best) || len(p) == len(best) && p < best
		if n > fits[best] || n == fits[best] && shorter {
			best = p
		}
	}
	return best
}

// countPrefixes counts the prefixes of name after which a parameter's name follows.
func (m *matcher) countPrefixes(name string, fits map[string]int) {
	if len(name) > maxName {
		return
	}
	for i := 0; ; {
		if m.params[name[i:]] {
			fits[name[:i]]++
		}
		dot := strings.IndexByte(name[i:], '.')
		if dot < 0 {
			return
		}
		i += dot + 1
	}
}

// sequential reports whether names of the set are those of an nn.Sequential.
func (s *Set) sequential() bool {
	return slices.ContainsFunc(s.tensors, func(t named) bool { return sequentialBlock.MatchString(t.name) })
}
