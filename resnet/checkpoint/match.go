package checkpoint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// MatchError reports how a checkpoint's tensors differ from a net's parameters.
type MatchError struct {
	File    string   // its name
	Missing []string // parameters without a tensor
	Extra   []string // tensors without a parameter
	Shapes  []string // differing shapes: "fc.weight: 10×64 in the file, 1000×64 in the net"
}

// Error lists the first ten names of each kind.
func (e *MatchError) Error() string {
	var parts []string
	for _, kind := range []struct {
		names []string
		what  string
	}{
		{e.Missing, "missing"}, {e.Extra, "extra"}, {e.Shapes, "of another shape"},
	} {
		if n := len(kind.names); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", n, kind.what, firstTen(kind.names)))
		}
	}
	return e.File + " doesn't fit the net: " + strings.Join(parts, ", ")
}

// firstTen lists names, and bounds their number.
func firstTen(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Source matches the file's tensors with a net's parameters by name, and returns a
// source of their values, which works as long as the file is open.
//
// A prefix of all names (module., model., backbone. …) is ignored. The classifier and
// the shortcuts may have the names of other projects, and Hugging Face's names are
// known. Counters such as a batch norm's num_batches_tracked are ignored. If anything
// else is missing, extra or of another shape, it returns a *MatchError.
func (f *File) Source(params []tensor.Param) (tensor.Source, error) {
	m := newMatcher(f, params)
	e := &MatchError{File: f.name}
	for _, p := range params {
		name, ok := m.from[p.Name]
		if !ok {
			e.Missing = append(e.Missing, p.Name)
			continue
		}
		if shape := f.views[name].shape; !shape.Equal(p.Shape) {
			e.Shapes = append(e.Shapes,
				fmt.Sprintf("%s: %s in the file, %s in the net", p.Name, extents(shape), extents(p.Shape)))
		}
	}
	for _, name := range f.names {
		if !m.used[name] && !bookkeeping.MatchString(name) {
			e.Extra = append(e.Extra, quoteName(name))
		}
	}
	if len(e.Missing)+len(e.Extra)+len(e.Shapes) > 0 {
		return nil, e
	}
	return &matched{f, m.from}, nil
}

// bookkeeping is what trainers and counting tools leave among the weights; a
// net that has such a parameter takes it.
var bookkeeping = regexp.MustCompile(`(^|\.)(num_batches_tracked|n_averaged|total_ops|total_params|momentum_buffer)$`)

// matched is a file whose tensors are assigned to a net's parameters.
type matched struct {
	file *File
	from map[string]string // parameter → tensor
}

// Load reads the tensor that is assigned to p; see tensor.Source.
func (m *matched) Load(p tensor.Param, t *tensor.Tensor) error {
	name, ok := m.from[p.Name]
	if !ok {
		return fmt.Errorf("%s has no tensor for the parameter %s", m.file.name, p.Name)
	}
	return m.file.Read(name, t)
}

// matcher assigns tensors to parameters.
type matcher struct {
	params map[string]bool   // names of the net's parameters
	from   map[string]string // parameter → tensor
	used   map[string]bool   // tensors that are assigned
}

// newMatcher assigns tensors by their own names first, then by the names that they
// would have in torchvision, and finally looks for the classifier.
func newMatcher(f *File, params []tensor.Param) *matcher {
	m := &matcher{params: map[string]bool{}, from: map[string]string{}, used: map[string]bool{}}
	for _, p := range params {
		m.params[p.Name] = true
	}
	prefix := m.prefix(f.names)
	for _, name := range f.names {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			m.assign(rest, name)
		}
	}
	for _, name := range f.names {
		for _, other := range usualNames(name) {
			if rest, ok := strings.CutPrefix(other, prefix); ok {
				m.assign(rest, name)
			}
		}
	}
	m.findHead(f.names)
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
func (m *matcher) findHead(names []string) {
	for _, name := range names {
		for _, form := range append(usualNames(name), name) {
			if i := strings.LastIndex("."+form, ".fc."); i >= 0 {
				m.assign(form[i:], name)
			}
		}
	}
}

// prefix returns the prefix of the net's names in the file: the one with which most
// names fit, and the shortest of several.
func (m *matcher) prefix(names []string) string {
	fits := map[string]int{}
	for _, name := range names {
		for _, form := range append(usualNames(name), name) {
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

// maxName bounds the length of names that are matched, far above any net's.
const maxName = 256

// Names that other projects give the classifier, and the projection of a shortcut.
var (
	headName = regexp.MustCompile(
		`(^|\.)(linear|classifier|classifier\.1|head|head\.fc|last_linear)\.(weight|bias)$`)
	shortcutName = regexp.MustCompile(`\.shortcut\.([01])\.`)
)

// The names in Hugging Face's ResNets: of the stem, of a block's branch and of its
// shortcut. Stages and layers count from 0 there.
var (
	hfStem = regexp.MustCompile(
		`^(?:.*\.)?embedder\.embedder\.(convolution|normalization)\.(\w+)$`)
	hfBranch = regexp.MustCompile(`^(?:.*\.)?` +
		`encoder\.stages\.([0-3])\.layers\.(\d+)\.layer\.([0-2])\.(convolution|normalization)\.(\w+)$`)
	hfShortcut = regexp.MustCompile(`^(?:.*\.)?` +
		`encoder\.stages\.([0-3])\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)$`)
)

// usualNames returns the names in torchvision's nets of a tensor from another project,
// or nil: other names of the classifier, shortcut for downsample, and Hugging Face's
// ResNets.
func usualNames(name string) []string {
	if len(name) > maxName {
		return nil
	}
	layer := map[string]string{"convolution": "conv", "normalization": "bn"}
	if g := hfStem.FindStringSubmatch(name); g != nil {
		return []string{layer[g[1]] + "1." + g[2]}
	}
	if g := hfBranch.FindStringSubmatch(name); g != nil {
		return []string{fmt.Sprintf("layer%s.%s.%s%s.%s", next(g[1]), g[2], layer[g[4]], next(g[3]), g[5])}
	}
	if g := hfShortcut.FindStringSubmatch(name); g != nil {
		part := map[string]string{"convolution": "0", "normalization": "1"}[g[3]]
		return []string{fmt.Sprintf("layer%s.%s.downsample.%s.%s", next(g[1]), g[2], part, g[4])}
	}
	usual := headName.ReplaceAllString(name, "${1}fc.$3")
	usual = shortcutName.ReplaceAllString(usual, ".downsample.$1.")
	if usual != name {
		return []string{usual}
	}
	return nil
}

// next returns the number after a digit, since torchvision counts from 1.
func next(digit string) string {
	return strconv.Itoa(int(digit[0]-'0') + 1)
}
