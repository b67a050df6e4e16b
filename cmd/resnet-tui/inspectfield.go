package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// inspectFieldCommand shows what a unit can see.
func inspectFieldCommand(p *program) *cobra.Command {
	var spec app.Spec
	var look app.Look
	var unit string
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "field",
		Short: "what a unit sees of an image: its receptive field, theoretical and measured",
		Long: "Shows which pixels a unit can see, which it does see (those that its gradient reaches), and where most of " +
			"the gradient lies. At the output of a block, the gradient is split by the number of branches that it came " +
			"through.",
		Example: "resnet-tui inspect field --depth 18 --at layer3.0 --unit 5,7,7\n" +
			"resnet-tui inspect field --weights builtin:fashion-resnet20 --at layer2.0 --unit 0,3,3 --format json",
	}
	addInspected(cmd, &spec)
	addAt(cmd, &look.At, "whose unit")
	addImage(cmd, &look.Image)
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringVar(&unit, "unit", "", "which unit: channel, row and column, from 0, as 5,7,7")
	})
	out.addInspect(p, cmd)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.UnitField, error) {
		return p.service().InspectField(ctx, spec, look, unit, p.console.listener())
	})
	return cmd
}
