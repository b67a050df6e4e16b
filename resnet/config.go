package resnet

import (
	"fmt"
	"strings"
)

// Config selects a net. A zero field stands for its default, so a Config can hold
// just what a user asked for; Resolve fills in the rest. Configs are comparable
// with ==.
type Config struct {
	Arch     string    `json:"arch,omitempty"`     // a name that sets the fields below: see ParseArch
	Family   Family    `json:"family,omitempty"`   // default ImageNet
	Depth    int       `json:"depth,omitempty"`    // weighted layers; default that of Blocks, or 50; VGG 19
	Blocks   Blocks    `json:"blocks,omitzero"`    // default by depth
	Variant  Variant   `json:"variant,omitempty"`  // default V15
	Block    BlockKind `json:"block,omitempty"`    // default by depth; of given Blocks, bottleneck, CIFAR basic
	Stem     Stem      `json:"stem,omitempty"`     // default 7x7; CIFAR 3x3
	Shortcut Shortcut  `json:"shortcut,omitempty"` // default B; CIFAR A. Of a plain net, that of its residual twin.
	Plain    bool      `json:"plain,omitempty"`    // without skips
	Norm     Norm      `json:"norm,omitempty"`     // default batch. Without it, every convolution has a bias.
	Keras    bool      `json:"keras,omitempty"`    // Keras Applications' own layout of V1 and V2

	// Groups of a bottleneck's 3×3 convolution; default 1, more in a ResNeXt.
	Groups int `json:"groups,omitempty"`
	// WidthPerGroup is the channels per group in the first stage, default 64; with
	// Groups it sets a bottleneck's inner width (Wide ResNet, ResNeXt).
	WidthPerGroup int `json:"width_per_group,omitempty"`

	Classes  int `json:"classes,omitempty"`  // default 1000; CIFAR 10
	Channels int `json:"channels,omitempty"` // of an image, default 3
	Height   int `json:"height,omitempty"`   // of an image in pixels, default 224; CIFAR 32
	Width    int `json:"width,omitempty"`    // of an image in pixels, default 224; CIFAR 32
	Batch    int `json:"batch,omitempty"`    // images per pass, default 1
}

// Family determines a net's stem and stages.
type Family uint8

// The families.
const (
	FamilyDefault Family = iota
	ImageNet             // He et al. 2015, table 1
	CIFAR                // He et al. 2015, section 4.2
	VGG                  // Simonyan and Zisserman 2014, table 1
)

// Variant determines where a block strides and normalises.
type Variant uint8

// The variants.
const (
	VariantDefault Variant = iota
	V1                     // He et al. 2015: a bottleneck strides on its first 1×1
	V15                    // torchvision's: it strides on the 3×3
	V2                     // He et al. 2016: normalisation and ReLU before each convolution
)

// BlockKind determines the convolutions of a residual block's branch.
type BlockKind uint8

// The kinds of block.
const (
	BlockDefault BlockKind = iota
	Basic                  // two 3×3 convolutions
	Bottleneck             // 1×1, 3×3, 1×1, four times as wide outside
)

// Stem determines the layers before the stages.
type Stem uint8

// The stems.
const (
	StemDefault Stem = iota
	Stem7x7          // a 7×7 convolution of stride 2 and a max pool (He et al. 2015)
	Stem3x3          // a 3×3 convolution of stride 1 and no pool, for small images
	StemDeep         // three 3×3 convolutions, the first of stride 2, and a max pool (He et al. 2018, ResNet-C)
)

// Shortcut determines what a skip does where the shape changes (He et al. 2015,
// section 4.1).
type Shortcut uint8

// The options of the paper, and one of He et al. 2018. The former leaves open where A's zero channels go: both ways are
// in use, and neither names nor shapes tell which one a file was trained with.
const (
	ShortcutDefault Shortcut = iota
	ShortcutA                // identity, subsampled, half of its zero channels before and half behind
	ShortcutAEnd             // the same with all of its zero channels behind
	ShortcutB                // projection where the shapes differ
	ShortcutC                // projection everywhere
	ShortcutD                // as B, with an average pool for the stride (He et al. 2018, ResNet-D)
)

// Norm is the normalisation after convolutions.
type Norm uint8

// The normalisations.
const (
	NormDefault Norm = iota
	NormBatch        // Ioffe and Szegedy 2015
	NormNone
)

// The names of the choices, by value.
var (
	familyNames   = []string{"default", "imagenet", "cifar", "vgg"}
	variantNames  = []string{"default", "v1", "v1.5", "v2"}
	blockNames    = []string{"default", "basic", "bottleneck"}
	stemNames     = []string{"default", "7x7", "3x3", "deep"}
	shortcutNames = []string{"default", "A", "A-end", "B", "C", "D"}
	normNames     = []string{"default", "batch", "none"}
)

// String is the family's name in flags and JSON.
func (f Family) String() string { return familyNames[f] }

// String is the variant's name in flags and JSON.
func (v Variant) String() string { return variantNames[v] }

// String is the block's name in flags and JSON.
func (b BlockKind) String() string { return blockNames[b] }

// String is the stem's name in flags and JSON.
func (s Stem) String() string { return stemNames[s] }

// String is the option's name in flags and JSON.
func (s Shortcut) String() string { return shortcutNames[s] }

// String is the normalisation's name in flags.
func (n Norm) String() string { return normNames[n] }

// Set parses a family's name, in any case. With Type it makes a *Family a flag's
// value, as the methods of the other choices do. An unknown name is an error that
// lists the known ones, and leaves the value as it is.
func (f *Family) Set(s string) error { return setName(f, s, familyNames) }

// Set parses a variant's name.
func (v *Variant) Set(s string) error { return setName(v, s, variantNames) }

// Set parses a block's name.
func (b *BlockKind) Set(s string) error { return setName(b, s, blockNames) }

// Set parses a stem's name.
func (s *Stem) Set(v string) error { return setName(s, v, stemNames) }

// Set parses an option's name, in any case.
func (s *Shortcut) Set(v string) error { return setName(s, v, shortcutNames) }

// Set parses a normalisation's name.
func (n *Norm) Set(s string) error { return setName(n, s, normNames) }

// Type is the metavariable shown in help.
func (f *Family) Type() string { return strings.Join(familyNames[1:3], "|") }

// Type is the metavariable shown in help.
func (v *Variant) Type() string { return strings.Join(variantNames[1:], "|") }

// Type is the metavariable shown in help.
func (b *BlockKind) Type() string { return strings.Join(blockNames[1:], "|") }

// Type is the metavariable shown in help.
func (s *Stem) Type() string { return strings.Join(stemNames[1:], "|") }

// Type is the metavariable shown in help.
func (s *Shortcut) Type() string { return strings.Join(shortcutNames[1:], "|") }

// Type is the metavariable shown in help.
func (n *Norm) Type() string { return strings.Join(normNames[1:], "|") }

// setName parses one of names, in any case.
func setName[T ~uint8](v *T, s string, names []string) error {
	for i, n := range names {
		if strings.EqualFold(s, n) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", s, strings.Join(names[1:], ", "))
}
