package checkpoint

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// set is a dictionary of tensors inside a checkpoint.
type set struct {
	path    string // the keys that lead to it, joined by dots
	tensors []tensorAt
	weights int // number of names that end in "weight"
}

// tensorAt is a tensor, and its key in the dictionary.
type tensorAt struct {
	name string
	t    *torchTensor
}

// weights finds the dictionary of tensors in what a pickle built, at any depth, as in
// checkpoint["state_dict"] or ["model"]. key selects one of several by its path.
func weights(root any, key string) ([]named, error) {
	if t, ok := root.(*torchTensor); ok {
		return resolve(set{tensors: []tensorAt{{"tensor", t}}})
	}
	s := &searcher{seen: map[any]bool{}}
	s.visit(root)
	found := s.sets
	if key != "" {
		return pickSet(found, key)
	}
	if named := filter(found, func(s set) bool { return s.weights > 0 }); len(named) > 0 {
		found = named
	}
	switch len(found) {
	case 0:
		return nil, s.noWeights()
	case 1:
		return resolve(found[0])
	}
	return nil, fmt.Errorf("it holds more than one set of weights: %s; add one to the file's name, as in FILE#%s",
		listSets(found), found[0].path)
}

// noWeights is the error of a file without a dictionary of tensors.
func (s *searcher) noWeights() error {
	seen := map[any]bool{}
	for _, o := range s.objects {
		if holdsTensor(o.object, seen) {
			return o.error()
		}
	}
	for _, o := range s.objects {
		if o.path == "" {
			return o.error()
		}
	}
	return errors.New("it holds no dictionary of tensors: save model.state_dict()")
}

// pickSet selects the set at a path.
func pickSet(sets []set, key string) ([]named, error) {
	for _, s := range sets {
		if s.path == key {
			return resolve(s)
		}
	}
	if len(sets) == 0 {
		return nil, errors.New("it holds no dictionary of tensors")
	}
	return nil, fmt.Errorf("it has no set of weights %s; there are %s", quote(key), listSets(sets))
}

// filter returns the sets that keep accepts.
func filter(sets []set, keep func(set) bool) []set {
	var kept []set
	for _, s := range sets {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// listSets describes the first ten sets, for errors.
func listSets(sets []set) string {
	const most = 10
	var parts []string
	for i, s := range sets {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(sets)-most))
			break
		}
		name := s.path
		if name == "" {
			name = "the outermost"
		}
		parts = append(parts, fmt.Sprintf("%s (%d tensors)", name, len(s.tensors)))
	}
	return strings.Join(parts, ", ")
}

// resolve turns a set into the file's list of tensors.
func resolve(s set) ([]named, error) {
	list := make([]named, 0, len(s.tensors))
	for _, at := range s.tensors {
		v, err := at.t.resolve()
		if err != nil {
			return nil, fmt.Errorf("tensor %s %w", quoteName(at.name), err)
		}
		list = append(list, named{at.name, v})
	}
	return list, nil
}

// searcher collects the dictionaries of tensors in what a pickle built. A value may occur
// more than once or contain itself, so each is visited only once.
type searcher struct {
	seen    map[any]bool
	sets    []set
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
	var found set
	for i, k := range d.keys {
		t, ok := d.vals[i].(*torchTensor)
		if !ok {
			continue
		}
		found.tensors = append(found.tensors, tensorAt{k, t})
		if strings.HasSuffix(k, "weight") {
			found.weights++
		}
	}
	if len(found.tensors) > 0 {
		found.addObjects(d)
		found.path = strings.Join(s.path, ".")
		s.sets = append(s.sets, found)
	}
	for i, k := range d.keys {
		s.enter(k, d.vals[i])
	}
}

// addObjects adds the objects that take the place of weights among a dictionary's tensors.
func (s *set) addObjects(d *dict) {
	for i, k := range d.keys {
		if o, ok := d.vals[i].(*object); ok && stateName.MatchString(k) {
			s.tensors = append(s.tensors, tensorAt{k, outOf(o.class)})
		}
	}
}

// stateName matches the names that a net's parameters and statistics end in.
var stateName = regexp.MustCompile(`(^|\.)(weight|bias|running_mean|running_var)$`)

// enter searches the value under a key.
func (s *searcher) enter(key string, v any) {
	const most = 64 // bytes of a key that are kept: no real one is longer
	s.path = append(s.path, key[:min(most, len(key))])
	s.visit(v)
	s.path = s.path[:len(s.path)-1]
}
