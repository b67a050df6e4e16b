package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// Bounds of the settings of a method: the image bounds a patch further.
const (
	maxSteps = 10_000
	maxPatch = 1 << 14
)

// inspectExplainCommand shows why the net takes an image for a class.
func inspectExplainCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.ExplainOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "which part of an image made a class likely",
		Long: "Shows which part of an image made a class likely, as a map. That of gradcam comes in parts: what the skip " +
			"and the branch of its block brought. An .npy file has the map, or of the gradients' methods a value for " +
			"each value of the image, C×H×W; a .png file has the map laid over the image.",
		Example: "resnet-tui inspect explain --weights resnet50.pth --input cat.jpg --class \"tiger cat\" -o cat.png\n" +
			"resnet-tui inspect explain --weights builtin:fashion-resnet20 --method integrated --check",
	}
	addInspected(cmd, &spec)
	addAt(cmd, &o.At, "where gradcam looks (default the last block)")
	addImage(cmd, &o.Image)
	addExplain(cmd, &o)
	out.addInspect(p, cmd, report.NPY, report.PNG)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Explain, error) {
		return p.service().InspectExplain(ctx, spec, o, p.console.listener())
	})
	return cmd
}

// addExplain adds the flags that say what is explained, and how.
func addExplain(cmd *cobra.Command, o *app.ExplainOptions) {
	methods := app.ExplainMethods()
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&o.Method, methods}, "method", "how to explain: "+orList(methods)+" (default "+methods[0]+")")
		fs.StringVar(&o.Class, "class", "", "the class to explain, by number or name (default the likeliest)")
		wholeFlag(fs, &o.Steps, "steps", 1, maxSteps, "points on the way from a black image, of integrated (default 32)")
		wholeFlag(fs, &o.Patch, "patch", 1, maxPatch, "side of the patch that is set to 0, of occlusion (default 1/7 of the image)")
		wholeFlag(fs, &o.Stride, "stride", 1, maxPatch, "pixels from one patch to the next, of occlusion (default 1/14 of the image)")
		fs.BoolVar(&o.Check, "check", false, "measure what the map is worth: deletion, insertion, and the map of fresh weights")
	})
	complete(cmd, "method", methods...)
}
