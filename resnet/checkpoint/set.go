package checkpoint

import (
	"cmp"
	"slices"
	"strings"

	"resnet-tui/tensor"
)

// Set is one of the sets of weights that a file holds: a dictionary of tensors or, where
// a dictionary holds several nets side by side, the tensors under a net's prefix.
type Set struct {
	file    *File
	key     string // what selects it behind the file's name
	root    string // prefix of its net's names; "" if it isn't known
	tensors []named
	forms   [][]string // of each tensor
	beside  []bool     // of each tensor: it is none of a net's, in a dictionary of several
	err     error      // why it can't be read
}

// maxRoots bounds the nets that are looked for in one dictionary.
const maxRoots = 64

// setsOf are the sets of weights in a dictionary.
func setsOf(d *dictionary) []*Set {
	forms := formsOf(d.tensors)
	roots := rootsOf(d.tensors, forms)
	if len(roots) < 2 {
		s := &Set{key: d.path, tensors: d.tensors, forms: forms, beside: make([]bool, len(d.tensors)), err: d.err()}
		if len(roots) == 1 {
			s.root = roots[0]
		}
		return []*Set{s}
	}
	sets := make([]*Set, len(roots))
	for i, root := range roots {
		sets[i] = &Set{key: keyOf(d.path, root, roots), root: root}
	}
	for i, t := range d.tensors {
		owner := ownerOf(t.name, roots)
		for k, s := range sets {
			if owner < 0 || owner == k {
				s.tensors, s.forms = append(s.tensors, t), append(s.forms, forms[i])
				s.beside = append(s.beside, owner < 0)
			}
		}
	}
	for _, u := range d.unread {
		if owner := ownerOf(u.name, roots); owner >= 0 {
			sets[owner].err = cmp.Or(sets[owner].err, u.err)
		}
	}
	return sets
}

// rootsOf are the prefixes after which a net's names begin: those of the first block of a
// ResNet, and of the first convolution of a VGG.
func rootsOf(tensors []named, forms [][]string) []string {
	var roots []string
	for i, t := range tensors {
		for _, form := range forms[i] {
			if root, ok := rootIn(form, t.view.shape); ok && !slices.Contains(roots, root) {
				roots = append(roots, root)
			}
		}
		if len(roots) > maxRoots {
			return nil
		}
	}
	return roots
}

// rootIn is the prefix of a name that only one tensor of a net has.
func rootIn(name string, shape tensor.Shape) (root string, ok bool) {
	if len(shape) != 4 || len(name) > maxName {
		return "", false
	}
	for _, first := range []string{"layer1.0.conv1.weight", "features.0.weight"} {
		if root, ok := strings.CutSuffix(name, first); ok && (root == "" || strings.HasSuffix(root, ".")) {
			return root, true
		}
	}
	return "", false
}

// ownerOf is the longest root that a name begins with, −1 if it begins with none.
func ownerOf(name string, roots []string) int {
	owner := -1
	for i, r := range roots {
		if strings.HasPrefix(name, r) && (owner < 0 || len(r) > len(roots[owner])) {
			owner = i
		}
	}
	return owner
}

// keyOf selects the net at a root of a dictionary. It ends with a dot where other nets
// stand below that root.
func keyOf(path, root string, roots []string) string {
	key := strings.TrimSuffix(root, ".")
	if path != "" {
		key = strings.TrimSuffix(path+"."+root, ".")
	}
	for _, r := range roots {
		if r != root && strings.HasPrefix(r, root) {
			return key + "."
		}
	}
	return key
}

// Argument is what opens this set alone: FILE#KEY.
func (s *Set) Argument() string { return argument(s.file.path, s.key) }

// Len is the number of its tensors.
func (s *Set) Len() int { return len(s.tensors) }

// Tensors are the names and shapes of the set as torchvision's nets have them, without
// the prefix of its net. A tensor that may have two names occurs under both. It is nil if
// there are no names of a net.
func (s *Set) Tensors() []tensor.Param {
	if !s.hasNet() {
		return nil
	}
	var list []tensor.Param
	seen := map[string]bool{}
	add := func(name string, shape tensor.Shape) {
		if !seen[name] {
			seen[name] = true
			list = append(list, tensor.Param{Name: name, Shape: shape})
		}
	}
	for i, t := range s.tensors {
		for _, form := range s.forms[i] {
			if name, ok := strings.CutPrefix(form, s.root); ok && !bookkeeping.MatchString(form) {
				add(name, t.view.shape)
			}
		}
	}
	for i, t := range s.tensors {
		for _, form := range s.forms[i] {
			if name, ok := headIn(form); ok {
				add(name, t.view.shape)
			}
		}
	}
	return list
}

// hasNet reports whether the set has the names of a net.
func (s *Set) hasNet() bool {
	return len(rootsOf(s.tensors, s.forms)) > 0
}

// headIn is the name of a classifier's parameter without what stands before it.
func headIn(form string) (name string, ok bool) {
	i := strings.LastIndex("."+form, ".fc.")
	if i < 0 {
		return "", false
	}
	return form[i:], true
}
