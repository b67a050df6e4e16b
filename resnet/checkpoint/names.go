package checkpoint

import (
	"fmt"
	"regexp"
	"strconv"
)

// maxName bounds the length of names that are matched, far above any net's.
const maxName = 256

// bookkeeping is what trainers and counting tools leave among the weights; a
// net that has such a parameter takes it.
var bookkeeping = regexp.MustCompile(`(^|\.)(num_batches_tracked|n_averaged|total_ops|total_params|momentum_buffer)$`)

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
		`^((?:.*\.)?)embedder\.embedder\.(convolution|normalization)\.(\w+)$`)
	hfBranch = regexp.MustCompile(`^((?:.*\.)?)` +
		`encoder\.stages\.([0-3])\.layers\.(\d+)\.layer\.([0-2])\.(convolution|normalization)\.(\w+)$`)
	hfShortcut = regexp.MustCompile(`^((?:.*\.)?)` +
		`encoder\.stages\.([0-3])\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)$`)
)

// usualNames returns the names in torchvision's nets of a tensor from another project,
// or nil: other names of the classifier, shortcut for downsample, and Hugging Face's
// ResNets. What stands before the net's own names stays.
func usualNames(name string) []string {
	if len(name) > maxName {
		return nil
	}
	layer := map[string]string{"convolution": "conv", "normalization": "bn"}
	if g := hfStem.FindStringSubmatch(name); g != nil {
		return []string{g[1] + layer[g[2]] + "1." + g[3]}
	}
	if g := hfBranch.FindStringSubmatch(name); g != nil {
		return []string{fmt.Sprintf("%slayer%s.%s.%s%s.%s", g[1], next(g[2]), g[3], layer[g[5]], next(g[4]), g[6])}
	}
	if g := hfShortcut.FindStringSubmatch(name); g != nil {
		part := map[string]string{"convolution": "0", "normalization": "1"}[g[4]]
		return []string{fmt.Sprintf("%slayer%s.%s.downsample.%s.%s", g[1], next(g[2]), g[3], part, g[5])}
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

// formsOf are, for each tensor, the names under which a net may have it: those that it
// would have in torchvision, and its own as the last.
func formsOf(tensors []named) [][]string {
	ordered := sequentialNames(tensors)
	forms := make([][]string, len(tensors))
	for i, t := range tensors {
		if usual, ok := ordered[t.name]; ok {
			forms[i] = append(forms[i], usual)
		}
		forms[i] = append(append(forms[i], usualNames(t.name)...), t.name)
	}
	return forms
}
