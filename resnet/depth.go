package resnet

import (
	"fmt"
	"strconv"
	"strings"
)

// imageNetDepths is table 1 of He et al. 2015: by depth, the kind of block and the
// number of blocks per stage.
var imageNetDepths = []struct {
	depth   int
	block   BlockKind
	repeats []int
}{
	{18, Basic, []int{2, 2, 2, 2}},
	{34, Basic, []int{3, 4, 6, 3}},
	{50, Bottleneck, []int{3, 4, 6, 3}},
	{101, Bottleneck, []int{3, 4, 23, 3}},
	{152, Bottleneck, []int{3, 8, 36, 3}},
}

// vggDepths is table 1 of Simonyan and Zisserman 2014: by depth, the number of
// 3×3 convolutions before each max pool.
var vggDepths = map[int][]int{
	11: {1, 1, 2, 2, 2},
	13: {2, 2, 2, 2, 2},
	16: {2, 2, 3, 3, 3},
	19: {2, 2, 4, 4, 4},
}

const (
	// maxDepth bounds the CIFAR family, which any number of blocks could extend.
	maxDepth = 10_000
	// expansion is the ratio of a bottleneck's output channels to its inner ones.
	expansion = 4
)

// stages sets c.Block where it is still the default, and returns the number of
// blocks per stage (of VGG: of convolutions). The error for a depth or block that
// the family doesn't have lists those that it has.
func (c *Config) stages() ([]int, error) {
	switch c.Family {
	case CIFAR:
		return c.cifarStages()
	case VGG:
		if vggDepths[c.Depth] == nil {
			return nil, fmt.Errorf("there is no VGG of depth %d: the depths are 11, 13, 16, 19", c.Depth)
		}
		return vggDepths[c.Depth], nil
	}
	var known []string
	for _, row := range imageNetDepths {
		known = append(known, strconv.Itoa(row.depth))
		if row.depth != c.Depth {
			continue
		}
		if c.Block != BlockDefault && c.Block != row.block {
			return nil, fmt.Errorf("an ImageNet net of depth %d has %v blocks, not %v", c.Depth, row.block, c.Block)
		}
		c.Block = row.block
		return row.repeats, nil
	}
	return nil, fmt.Errorf("there is no ImageNet net of depth %d: the depths are %s",
		c.Depth, strings.Join(known, ", "))
}

// cifarStages are three stages of n blocks: depth 6n+2 with basic blocks
// (He et al. 2015, section 4.2), 9n+2 with bottlenecks (He et al. 2016).
func (c *Config) cifarStages() ([]int, error) {
	if c.Depth > maxDepth {
		return nil, fmt.Errorf("depth %d is too large: at most %d", c.Depth, maxDepth)
	}
	if c.Block == BlockDefault {
		c.Block = cifarBlock(c.Depth)
	}
	perBlock := 6 // layers that one more block in each stage adds
	if c.Block == Bottleneck {
		perBlock = 9
	}
	if c.Depth < perBlock+2 || c.Depth%perBlock != 2 {
		return nil, fmt.Errorf("there is no CIFAR net of depth %d%s: "+
			"the depths are 6n+2 with basic blocks (20, 32, 44, 56, 110, …), 9n+2 with bottlenecks (29, 164, 1001, …)",
			c.Depth, c.blockClause())
	}
	n := (c.Depth - 2) / perBlock
	return []int{n, n, n}, nil
}

// cifarBlock is the kind of block of the published CIFAR net of that depth: basic
// where the depth is 6n+2, except for the 164 of He et al. 2016, table 2.
func cifarBlock(depth int) BlockKind {
	if depth != 164 && depth%6 == 2 || depth%9 != 2 {
		return Basic
	}
	return Bottleneck
}

// blockClause names the kind of block in an error, if another kind has the depth.
func (c *Config) blockClause() string {
	if c.Depth%6 != 2 && c.Depth%9 != 2 {
		return ""
	}
	return fmt.Sprintf(" with %v blocks", c.Block)
}
