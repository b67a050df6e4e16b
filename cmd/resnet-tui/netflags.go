package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/resnet"
)

const (
	maxSide  = 1 << 20
	maxBatch = math.MaxInt32
)

// addNet adds the flags that say which net is meant.
func addNet(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "net", func(fs *pflag.FlagSet) {
		c := &spec.Net
		wholeFlag(fs, &c.Depth, "depth", 1, 1_000_000,
			"number of layers with weights: "+strings.Join(depths(), ", ")+"; cifar: 6n+2 or 9n+2 (default 50)")
		fs.Var(&c.Blocks, "blocks", "blocks of each stage, for example 3,24,36,3 (default by depth)")
		fs.StringVar(&c.Arch, "arch", "",
			"net by name, instead of the flags that describe one: "+
				"resnet50, resnext50_32x4d, resnet50d, cifar_resnet20, vgg19 …")
		fs.StringVar(&spec.Weights, "weights", "",
			"checkpoint (.pth, .pt, .th, .safetensors, .index.json of shards), FILE#a.b for one of several in it, or "+
				"weights that come with the program: "+strings.Join(app.Builtins(), ", ")+"; without --arch, --depth or "+
				"--family the net is the one that they fit (default: He initialisation)")
		fs.BoolVar(&spec.Partial, "partial", false,
			"take what fits of the weights, by name and shape, and initialise the rest; says what")
		fs.Var(&c.Family, "family", "stem and stages: imagenet or cifar (default imagenet)")
		fs.Var(&c.Variant, "variant",
			"stride of a bottleneck: v1 on its first 1×1, v1.5 on its 3×3; v2 is pre-activation (default v1.5)")
		fs.Var(&c.Block, "block",
			"kind of block: basic or bottleneck (default by depth; with --blocks bottleneck, cifar basic)")
		fs.Var(&c.Stem, "stem",
			"layers before the stages: 7x7, stride 2 and max pool; 3x3, stride 1, no pool: for images as small as CIFAR's; "+
				"deep, three 3×3 and max pool, as ResNet-C and -D have (default 7x7; cifar 3x3)")
		fs.Var(&c.Shortcut, "shortcut",
			"skip option: A zero-padded identity, half of the zeros before and half behind; A-end all zeros behind; "+
				"B projection where shapes differ; C projection everywhere; D as B with an average pool for the stride, "+
				"as ResNet-D has (default B; cifar A)")
		wholeFlag(fs, &c.Groups, "groups", 1, 4096, "groups of a bottleneck's 3×3 convolution, as a ResNeXt has (default 1)")
		wholeFlag(fs, &c.WidthPerGroup, "width-per-group", 1, 4096,
			"channels a group in the first stage, as torchvision's width_per_group (default 64)")
		fs.BoolVar(&c.Plain, "plain", false, "remove the skips")
		fs.Var(&c.Norm, "norm", "normalisation: batch or none (default batch)")
		wholeFlag(fs, &c.Classes, "classes", 1, math.MaxInt32, "number of classes (default 1000; cifar 10)")
		wholeFlag(fs, &c.Channels, "channels", 1, 1<<16, "image channels (default 3)")
		fs.Var(&size{&c.Height, &c.Width}, "size", "image size in pixels, N or HxW (default 224; cifar 32)")
		wholeFlag(fs, &c.Batch, "batch", 1, maxBatch, "images per pass (default 1)")
		fs.Var(&optional[uint64]{&spec.Seed, readSeed}, "seed",
			"seed of the initialisation and of random input; the same seed gives the same bits (default 1)")
		for _, name := range []string{"family", "variant", "block", "stem", "shortcut", "norm"} {
			fs.Lookup(name).DefValue = "" // it stands in the text
		}
	})
	completeNet(cmd)
}

// addLesions adds the flag that damages blocks.
func addLesions(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "net", func(fs *pflag.FlagSet) {
		fs.StringArrayVar(&spec.Lesions, "lesion", nil,
			"damage a block, for example layer3.5=drop-branch; "+
				"also cut-skip, scale:ALPHA, swap:BLOCK, freeze; repeatable")
	})
}

// completeNet offers the values that flags take.
func completeNet(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"arch":     resnet.Archs(),
		"depth":    depths(),
		"family":   {"imagenet", "cifar"},
		"variant":  {"v1", "v1.5", "v2"},
		"block":    {"basic", "bottleneck"},
		"blocks":   {"3,4,6,3", "3,24,36,3"},
		"stem":     {"7x7", "3x3", "deep"},
		"shortcut": {"A", "A-end", "B", "C", "D"},
		"norm":     {"batch", "none"},
	} {
		complete(cmd, flag, values...)
	}
}

// depths are those of the ImageNet family, as flags take them.
func depths() (list []string) {
	for _, depth := range resnet.ImageNetDepths() {
		list = append(list, strconv.Itoa(depth))
	}
	return list
}

// complete offers fixed values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	offer := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, offer); err != nil {
		panic(err) // the flag does not exist
	}
}

// given reports whether the user set a flag.
func given(cmd *cobra.Command, name string) bool { return cmd.Flags().Changed(name) }
