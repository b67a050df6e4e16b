package main

import (
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/resnet"
)

const (
	maxSide  = 1 << 20
	maxBatch = math.MaxInt32
)

// modelFlags say which net is meant.
type modelFlags struct {
	config  resnet.Config
	seed    uint64
	weights string
	lesions []string
}

// add adds the flags to a command.
func (m *modelFlags) add(cmd *cobra.Command) {
	fs, c := cmd.Flags(), &m.config
	wholeFlag(fs, &c.Depth, "depth", "", 1, 1_000_000, "layers with weights: 18, 34, 50, 101, 152; cifar 6n+2 or 9n+2 (default 50)")
	fs.StringVar(&c.Arch, "arch", "", "a net by name, in place of the flags: resnet50, resnext50_32x4d, cifar_resnet20, vgg19 …")
	fs.Var(&c.Family, "family", "stem and stages: imagenet or cifar (default imagenet)")
	fs.Var(&c.Variant, "variant", "where blocks stride: v1 on the first 1×1, v1.5 on the 3×3, v2 too and with pre-activation (default v1.5)")
	fs.Var(&c.Block, "block", "kind of block: basic or bottleneck (default by depth)")
	fs.Var(&c.Shortcut, "shortcut", "option A is zero-padded identity, B projection where shapes differ, C everywhere (default B; cifar A)")
	fs.BoolVar(&c.Plain, "plain", false, "without skips")
	fs.Var(&c.Norm, "norm", "normalisation: batch or none (default batch)")
	wholeFlag(fs, &c.Classes, "classes", "", 1, math.MaxInt32, "classes (default 1000; cifar 10)")
	wholeFlag(fs, &c.Channels, "channels", "", 1, 1<<16, "channels of the image (default 3)")
	fs.Var(&size{&c.Height, &c.Width}, "size", "pixels of the image, N or HxW (default 224; cifar 32)")
	wholeFlag(fs, &c.Batch, "batch", "", 1, maxBatch, "images in a pass (default 1)")
	fs.Uint64Var(&m.seed, "seed", 1, "seed of the initialisation and of random input: the same seed gives the same bits")
	fs.StringVar(&m.weights, "weights", "", "a checkpoint: .pth, .pt, .th, .safetensors, or one of those that the program carries: builtin:fashion-resnet20, builtin:fashion-plain20 (default: He initialisation)")
	fs.Lookup("family").DefValue, fs.Lookup("variant").DefValue, fs.Lookup("block").DefValue = "", "", ""
	fs.Lookup("shortcut").DefValue, fs.Lookup("norm").DefValue = "", ""
	completeModel(cmd)
}

// completeModel offers the values that flags take.
func completeModel(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"arch":     resnet.Archs(),
		"depth":    {"18", "34", "50", "101", "152"},
		"family":   {"imagenet", "cifar"},
		"variant":  {"v1", "v1.5", "v2"},
		"block":    {"basic", "bottleneck"},
		"shortcut": {"A", "B", "C"},
		"norm":     {"batch", "none"},
	} {
		complete(cmd, flag, values...)
	}
}

// complete offers fixed values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist
	}
}

// build builds the net; what does not fit together is the command line's
// mistake.
func (m *modelFlags) build() (*resnet.Model, error) {
	lesions, err := m.parseLesions()
	if err != nil {
		return nil, asUsage(err)
	}
	model, err := resnet.BuildLesioned(m.config, lesions)
	return model, asUsage(err)
}

// given reports whether the user set a flag.
func given(fs *pflag.FlagSet, name string) bool { return fs.Changed(name) }
