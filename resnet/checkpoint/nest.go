package checkpoint

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dictionary is a dictionary of tensors inside a file.
type dictionary struct {
	path    string // the keys that lead to it, joined by dots; "" is the outermost
	tensors []named
	unread  []unreadTensor
}

// unreadTensor is a tensor that can't be read, and why.
type unreadTensor struct {
	name string
	err  error
}

// err says why the dictionary can't be read, nil if it can.
func (d *dictionary) err() error {
	if len(d.unread) == 0 {
		return nil
	}
	return d.unread[0].err
}

// hasWeights reports whether a name ends as those of a net's weights do.
func (d *dictionary) hasWeights() bool {
	return slices.ContainsFunc(d.tensors, func(t named) bool { return strings.HasSuffix(t.name, "weight") }) ||
		slices.ContainsFunc(d.unread, func(u unreadTensor) bool { return strings.HasSuffix(u.name, "weight") })
}

// check sorts out names that occur twice, and tensors that aren't within the file.
func (d *dictionary) check() {
	seen := make(map[string]bool, len(d.tensors))
	tensors := d.tensors
	d.tensors = make([]named, 0, len(tensors))
	for _, t := range tensors {
		err := t.view.check()
		switch {
		case seen[t.name]:
			d.unread = append(d.unread, unreadTensor{t.name, fmt.Errorf("duplicate tensor %s", quote(t.name))})
		case err != nil:
			d.unread = append(d.unread, unreadTensor{t.name, fmt.Errorf("tensor %s %w", quote(t.name), err)})
		default:
			d.tensors = append(d.tensors, t)
		}
		seen[t.name] = true
	}
}

// dictionariesOf finds the dictionaries of tensors in what a pickle built, at any depth,
// as in checkpoint["state_dict"] or ["model"].
func dictionariesOf(root any) ([]*dictionary, error) {
	s := &searcher{seen: map[any]bool{}}
	if t, ok := root.(*torchTensor); ok {
		s.add([]tensorAt{{"tensor", t}})
	} else {
		s.visit(root)
	}
	if slices.ContainsFunc(s.found, (*dictionary).hasWeights) {
		return s.found, nil
	}
	if err := s.onlyObjects(); err != nil {
		return nil, err
	}
	if len(s.found) == 0 {
		return nil, errors.New("it holds no dictionary of tensors: save model.state_dict()")
	}
	return s.found, nil
}

// onlyObjects is an error if what may be weights is only inside objects: a whole model,
// whatever is beside it, arrays, or anything with tensors in it.
func (s *searcher) onlyObjects() error {
	seen := map[any]bool{}
	for _, o := range s.objects {
		switch {
		case o.isArray() && stateName.MatchString(o.path):
			return fmt.Errorf("%s is a NumPy array: save tensors, made with torch.from_numpy()", quoteName(o.path))
		case o.path != "" && len(s.found) > 0 && !o.isModule():
		case o.path == "", holdsTensor(o.object, seen):
			return o.error()
		}
	}
	return nil
}

// tensorAt is a tensor, and its key in the dictionary.
type tensorAt struct {
	name string
	t    *torchTensor
}

// searcher collects the dictionaries of tensors in what a pickle built. A value may occur
// more than once or contain itself, so each is visited only once.
type searcher struct {
	seen    map[any]bool
	found   []*dictionary
	objects []objectAt // in which nothing is searched
	path    []string   // keys that lead to the value being visited
}

const (
	maxNesting = 16   // depth of the search
	maxObjects = 4096 // objects that are noted; they matter only where there are no weights
)

// visit searches a value.
func (s *searcher) visit(v any) {
	if len(s.path) > maxNesting {
		return
	}
	switch v := v.(type) {
	case *dict:
		if !s.seen[v] {
			s.seen[v] = true
			s.visitDict(v)
		}
	case *list, *tuple:
		if !s.seen[v] {
			s.seen[v] = true
			for i, item := range itemsOf(v) {
				s.enter(strconv.Itoa(i), item)
			}
		}
	case *object:
		if !s.seen[v] && len(s.objects) < maxObjects {
			s.seen[v] = true
			s.objects = append(s.objects, objectAt{strings.Join(s.path, "."), v})
		}
	}
}

// visitDict collects the tensors of a dictionary, and searches its other values.
func (s *searcher) visitDict(d *dict) {
	var tensors []tensorAt
	for i, k := range d.keys {
		if t, ok := d.vals[i].(*torchTensor); ok {
			tensors = append(tensors, tensorAt{k, t})
		}
	}
	if len(tensors) > 0 {
		s.add(append(tensors, objectsIn(d)...))
	}
	for i, k := range d.keys {
		s.enter(k, d.vals[i])
	}
}

// objectsIn are the objects that take the place of weights among a dictionary's tensors.
func objectsIn(d *dict) (list []tensorAt) {
	for i, k := range d.keys {
		if o, ok := d.vals[i].(*object); ok && stateName.MatchString(k) {
			list = append(list, tensorAt{k, outOf(o.class)})
		}
	}
	return list
}

// stateName matches the names that a net's parameters and statistics end in.
var stateName = regexp.MustCompile(`(^|\.)(weight|bias|running_mean|running_var)$`)

// add resolves the tensors of a dictionary.
func (s *searcher) add(tensors []tensorAt) {
	d := &dictionary{path: strings.Join(s.path, ".")}
	for _, at := range tensors {
		v, err := at.t.resolve()
		if err != nil {
			d.unread = append(d.unread, unreadTensor{at.name, fmt.Errorf("tensor %s %w", quoteName(at.name), err)})
			continue
		}
		d.tensors = append(d.tensors, named{at.name, v})
	}
	s.found = append(s.found, d)
}

// enter searches the value under a key.
func (s *searcher) enter(key string, v any) {
	const most = 64 // bytes of a key that are kept: no real one is longer
	s.path = append(s.path, key[:min(most, len(key))])
	s.visit(v)
	s.path = s.path[:len(s.path)-1]
}
