package resnet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// imageNetDepths are, by depth, the kind of block and the number of blocks per stage:
// table 1 of He et al. 2015, 200 of He et al. 2016, table 5, and 26, which timm has.
var imageNetDepths = []struct {
	depth  int
	block  BlockKind
	blocks Blocks
}{
	{18, Basic, Blocks{2, 2, 2, 2}},
	{26, Bottleneck, Blocks{2, 2, 2, 2}},
	{34, Basic, Blocks{3, 4, 6, 3}},
	{50, Bottleneck, Blocks{3, 4, 6, 3}},
	{101, Bottleneck, Blocks{3, 4, 23, 3}},
	{152, Bottleneck, Blocks{3, 8, 36, 3}},
	{200, Bottleneck, Blocks{3, 24, 36, 3}},
}

// ImageNetDepths returns the depths of the ImageNet family, for help and completion.
// Others are made by Blocks.
func ImageNetDepths() []int {
	var depths []int
	for _, row := range imageNetDepths {
		depths = append(depths, row.depth)
	}
	return depths
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
	// cifarStageCount is the number of that family's stages.
	cifarStageCount = 3
	// expansion is the ratio of a bottleneck's output channels to its inner ones.
	expansion = 4
)

// stages sets c.Block where it is still the default, and returns the number of
// blocks per stage (of VGG: of convolutions). Blocks that the depth has anyway become
// the zero value. The error for a depth or block that the family doesn't have lists
// those that it has.
func (c *Config) stages() ([]int, error) {
	switch {
	case c.Family == VGG:
		if vggDepths[c.Depth] == nil {
			return nil, fmt.Errorf("there is no VGG of depth %d: the depths are 11, 13, 16, 19", c.Depth)
		}
		return vggDepths[c.Depth], nil
	case c.Blocks != Blocks{}:
		return c.givenStages()
	case c.Family == CIFAR:
		return c.cifarStages()
	}
	for _, row := range imageNetDepths {
		if row.depth != c.Depth {
			continue
		}
		if c.Block != BlockDefault && c.Block != row.block {
			return nil, fmt.Errorf("an ImageNet net of depth %d has %v blocks, not %v", c.Depth, row.block, c.Block)
		}
		c.Block = row.block
		return row.blocks.List(), nil
	}
	return nil, c.depthError()
}

// givenStages are c.Blocks, if they are stages of the family and fit the depth.
func (c *Config) givenStages() ([]int, error) {
	stages, want := c.Blocks.List(), len(c.Blocks)
	if c.Family == CIFAR {
		want = cifarStageCount
	}
	if len(stages) != want {
		return nil, fmt.Errorf("blocks %v are of %d stages: a net of the family %v has %d",
			c.Blocks, len(stages), c.Family, want)
	}
	if err := new(Blocks).take(stages); err != nil {
		return nil, fmt.Errorf("blocks %v: %w", c.Blocks, err)
	}
	switch depth := c.Blocks.depth(c.Block); {
	case depth != c.Depth:
		return nil, fmt.Errorf("blocks %v make a net of depth %d with basic blocks, of %d with bottlenecks: "+
			"not of %d with %v ones", c.Blocks, c.Blocks.depth(Basic), c.Blocks.depth(Bottleneck), c.Depth, c.Block)
	case depth > maxDepth:
		return nil, fmt.Errorf("blocks %v make a net of depth %d, too large: at most %d", c.Blocks, depth, maxDepth)
	}
	usual := *c
	usual.Blocks = Blocks{}
	if known, err := usual.stages(); err == nil && slices.Equal(known, stages) {
		c.Blocks = Blocks{}
	}
	return stages, nil
}

// depth is the number of weighted layers of a net with these blocks: theirs, the stem
// and the classifier. Of a deep stem, which three convolutions make, the papers count
// one.
func (b Blocks) depth(kind BlockKind) int {
	if kind == Bottleneck {
		return 3*b.total() + 2
	}
	return 2*b.total() + 2
}

// fillBlocks sets, for given blocks, their kind, where that is open, so that they
// make a net of the depth, and the depth, where that is open too.
func (c *Config) fillBlocks() {
	if c.Block == BlockDefault {
		c.Block = Bottleneck
		if c.Depth == c.Blocks.depth(Basic) || c.Family == CIFAR && c.Depth != c.Blocks.depth(Bottleneck) {
			c.Block = Basic
		}
	}
	c.Depth = cmp.Or(c.Depth, c.Blocks.depth(c.Block))
}

// DepthError says that a family has no net of a depth.
type DepthError struct {
	What   string // "ImageNet net of depth 20"
	Depths string // those that there are
	// Other is a net of that depth in another family, "" if there is none; Family is
	// the other's.
	Other  string
	Family Family
}

// Error names the depths that there are, and the other family's net.
func (e *DepthError) Error() string {
	text := fmt.Sprintf("there is no %s: the depths are %s", e.What, e.Depths)
	if e.Other != "" {
		text += fmt.Sprintf("; %s is of the family %v", e.Other, e.Family)
	}
	return text
}

// depthError is the error for a depth that the ImageNet family doesn't have.
func (c *Config) depthError() error {
	var known []string
	for _, depth := range ImageNetDepths() {
		known = append(known, strconv.Itoa(depth))
	}
	e := &DepthError{What: fmt.Sprint("ImageNet net of depth ", c.Depth), Depths: strings.Join(known, ", ")}
	other := Config{Family: CIFAR, Depth: c.Depth, Variant: c.Variant, Block: c.Block, Plain: c.Plain}
	if r, err := other.Resolve(); err == nil {
		e.Other, e.Family = r.Arch, CIFAR
	}
	return e
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
		return nil, c.cifarDepthError()
	}
	n := (c.Depth - 2) / perBlock
	return []int{n, n, n}, nil
}

// cifarDepthError is the error for a depth that the CIFAR family doesn't have. Many
// projects run ImageNet's nets with a small stem on CIFAR's images.
func (c *Config) cifarDepthError() error {
	e := &DepthError{
		What:   fmt.Sprintf("CIFAR net of depth %d%s", c.Depth, c.blockClause()),
		Depths: "6n+2 with basic blocks (20, 32, 44, 56, 110, …), 9n+2 with bottlenecks (29, 164, 1001, …)",
	}
	other := Config{Family: ImageNet, Depth: c.Depth, Variant: c.Variant, Plain: c.Plain, Stem: Stem3x3}
	if slices.Contains(ImageNetDepths(), c.Depth) {
		if r, err := other.Resolve(); err == nil {
			e.Other, e.Family = r.Arch, ImageNet
		}
	}
	return e
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
