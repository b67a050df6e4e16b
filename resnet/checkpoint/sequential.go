package checkpoint

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sequentialBlock is the name of a tensor of a residual block in a net that was rebuilt
// as nn.Sequential(*net.children()): the number of the child, that of the block, and the
// block's own name.
var sequentialBlock = regexp.MustCompile(`^((?:.*\.)?)(\d+)\.\d+\.(?:conv|bn)1\.`)

// child is a numbered module of an nn.Sequential, and the tensors in it.
type child struct {
	tensors []named // with what follows the number as names
	stage   bool    // it holds residual blocks
}

// sequentialNames gives the tensors of an nn.Sequential(*net.children()), which has
// numbers in place of its modules' names, the names that they have in the net: by their
// order, the convolution and normalisation before the stages, the stages, and what comes
// behind them. It is empty if there is no such thing.
func sequentialNames(tensors []named) map[string]string {
	prefixes := map[string]bool{}
	for _, t := range tensors {
		if len(t.name) > maxName {
			continue
		}
		if g := sequentialBlock.FindStringSubmatch(t.name); g != nil {
			prefixes[g[1]] = true
		}
	}
	names := map[string]string{}
	if len(prefixes) > maxRoots {
		return names
	}
	for prefix := range prefixes {
		children := childrenOf(tensors, prefix)
		for i, module := range nameChildren(children) {
			for _, t := range children[i].tensors {
				names[prefix+strconv.Itoa(i)+"."+t.name] = prefix + module + "." + t.name
			}
		}
	}
	return names
}

// childrenOf are the numbered modules under a prefix.
func childrenOf(tensors []named, prefix string) map[int]*child {
	children := map[int]*child{}
	for _, t := range tensors {
		rest, ok := strings.CutPrefix(t.name, prefix)
		number, name, inside := strings.Cut(rest, ".")
		i, err := strconv.Atoi(number)
		if !ok || !inside || err != nil || strconv.Itoa(i) != number {
			continue
		}
		if children[i] == nil {
			children[i] = &child{}
		}
		children[i].tensors = append(children[i].tensors, named{name, t.view})
		if sequentialBlock.MatchString("0." + name) {
			children[i].stage = true
		}
	}
	return children
}

// nameChildren says which module of a net each child is. Where two may be the same one,
// the first is; then the names or shapes of the rest don't fit, and the file is refused.
func nameChildren(children map[int]*child) map[int]string {
	module, taken, stages := map[int]string{}, map[string]bool{}, 0
	for _, i := range slices.Sorted(maps.Keys(children)) {
		c := children[i]
		if c.stage {
			stages++
			module[i] = "layer" + strconv.Itoa(stages)
			continue
		}
		if name := c.role(stages > 0); name != "" && !taken[name] {
			module[i], taken[name] = name, true
		}
	}
	return module
}

// role is what a child without blocks is by its shapes, before or behind the stages.
func (c *child) role(behind bool) string {
	for _, t := range c.tensors {
		switch dims := len(t.view.shape); {
		case dims == 4 && !behind:
			return "conv1"
		case dims == 2 && behind:
			return "fc"
		case dims == 1 && t.name == "running_mean" && behind:
			return "post_bn"
		case dims == 1 && t.name == "running_mean":
			return "bn1"
		}
	}
	return ""
}
