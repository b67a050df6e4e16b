package checkpoint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// MatchError says how a checkpoint differs from a net.
type MatchError struct {
	File    string
	Missing []string // parameters that the file lacks
	Extra   []string // the file's tensors that the net lacks
	Shapes  []string // tensors of another shape, "fc.weight: 10×64 in the file, 1000×64 in the net"
}

// Error lists the first ten names of each kind.
func (e *MatchError) Error() string {
	var parts []string
	for _, kind := range []struct {
		names []string
		what  string
	}{{e.Missing, "missing"}, {e.Extra, "extra"}, {e.Shapes, "of another shape"}} {
		if n := len(kind.names); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", n, kind.what, firstTen(kind.names)))
		}
	}
	return e.File + " does not fit the net: " + strings.Join(parts, ", ")
}

func firstTen(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Source matches the file's tensors with a net's parameters, by name, and
// gives their values for as long as the file is open. A prefix before all
// names (module., model., backbone. …) does not matter, nor does the
// classifier's name, nor a batch norm's num_batches_tracked. What is missing,
// extra or of another shape is a *MatchError.
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
			e.Shapes = append(e.Shapes, fmt.Sprintf("%s: %s in the file, %s in the net", p.Name, extents(shape), extents(p.Shape)))
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

// matched is a file whose tensors have a net's names.
type matched struct {
	file *File
	from map[string]string // parameter → tensor
}

// Load implements tensor.Source.
func (m *matched) Load(p tensor.Param, t *tensor.Tensor) error {
	name, ok := m.from[p.Name]
	if !ok {
		return fmt.Errorf("%s was not matched with a parameter %s", m.file.name, p.Name)
	}
	return m.file.Read(name, t)
}

// matcher assigns tensors to parameters.
type matcher struct {
	params map[string]bool
	from   map[string]string // parameter → tensor
	used   map[string]bool   // tensors
}

func newMatcher(f *File, params []tensor.Param) *matcher {
	m := &matcher{params: make(map[string]bool, len(params)), from: map[string]string{}, used: map[string]bool{}}
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

func (m *matcher) assign(param, name string) {
	if _, taken := m.from[param]; taken || m.used[name] || !m.params[param] {
		return
	}
	m.from[param] = name
	m.used[name] = true
}

// findHead finds the classifier beside the rest, as in backbone.conv1.weight,
// head.fc.weight.
func (m *matcher) findHead(names []string) {
	for _, name := range names {
		for _, form := range append(usualNames(name), name) {
			if i := strings.LastIndex("."+form, ".fc."); i >= 0 {
				m.assign(form[i:], name)
			}
		}
	}
}

// prefix is what stands before the net's own names: the one that makes most
// names fit, the shortest of several.
func (m *matcher) prefix(names []string) string {
	fits := map[string]int{}
	for _, name := range names {
		for _, form := range append(usualNames(name), name) {
			m.countPrefixes(form, fits)
		}
	}
	best := ""
	for p, n := range fits {
		if n > fits[best] || n == fits[best] && (len(p) < len(best) || len(p) == len(best) && p < best) {
			best = p
		}
	}
	return best
}

// countPrefixes counts what stands before each end of name that is a
// parameter's name.
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

// maxName is longer than any net's names.
const maxName = 256

var (
	headName     = regexp.MustCompile(`(^|\.)(linear|classifier|classifier\.1|head|head\.fc|last_linear)\.(weight|bias)$`)
	shortcutName = regexp.MustCompile(`\.shortcut\.([01])\.`)
	hfStem       = regexp.MustCompile(`^(?:.*\.)?embedder\.embedder\.(convolution|normalization)\.(\w+)$`)
	hfBranch     = regexp.MustCompile(`^(?:.*\.)?encoder\.stages\.([0-3])\.layers\.(\d+)\.layer\.([0-2])\.(convolution|normalization)\.(\w+)$`)
	hfShortcut   = regexp.MustCompile(`^(?:.*\.)?encoder\.stages\.([0-3])\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)$`)
)

// usualNames is what a tensor is called in torchvision's nets, if its name is
// that of another family: the classifier's other names, shortcut for
// downsample, and Hugging Face's ResNets.
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
	if usual := shortcutName.ReplaceAllString(headName.ReplaceAllString(name, "${1}fc.$3"), ".downsample.$1."); usual != name {
		return []string{usual}
	}
	return nil
}

// next is the number after a digit: others count from 0.
func next(digit string) string {
	return strconv.Itoa(int(digit[0]-'0') + 1)
}
