package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
)

// inspectCommand looks inside a net: a command for each of the things to see.
func inspectCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect WHAT",
		Short: "look inside a net: what its layers hold, and what they make of an image",
		Long: "Looks inside a net that runs: what its layers hold and what they make of an image, as a report, " +
			"an array or a picture.",
		Example: "resnet-tui inspect maps --arch resnet18 --weights resnet18.pth --input cat.jpg --at layer1.0\n" +
			"resnet-tui inspect maps --weights builtin:fashion-resnet20 --at layer2.0 -o maps.npy",
		DisableFlagsInUseLine: true,
	}
	for _, c := range []*cobra.Command{
		inspectStatsCommand(p),
		inspectMapsCommand(p),
		inspectExplainCommand(p),
		inspectFieldCommand(p),
		inspectExciteCommand(p),
		inspectSimilarityCommand(p),
	} {
		c.Args = cobra.ArbitraryArgs
		cmd.AddCommand(c)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case p.failure != nil:
			return nil
		case len(args) == 0:
			return cmd.Help()
		}
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		p.failure = usage("inspect %s: it must be one of %s", args[0], strings.Join(names, ", "))
		return nil
	}
	return cmd
}

// addInspected adds the flags of every inspection: the net, its images, and what runs it.
func addInspected(cmd *cobra.Command, spec *app.Spec) {
	addNet(cmd, spec)
	addLesions(cmd, spec)
	addInput(cmd, spec)
	addData(cmd, &spec.Input.Data)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addEngine(cmd, spec)
}

// addAt adds the flag that names a place.
func addAt(cmd *cobra.Command, at *string, what string) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringVar(at, "at", "", what+": a layer's output, as layer2.0.conv1, or a block's, as layer2.0; of a module "+
			"that is called several times the last call's, or PATH#CALL, from 0")
	})
}

// addImage adds the flag that picks one of the batch.
func addImage(cmd *cobra.Command, image *int) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		wholeFlag(fs, image, "image", 0, maxBatch, "which of the batch's images, from 0 (default 0)")
	})
}
