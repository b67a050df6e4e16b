package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// inspectStatsCommand describes the tensors of a pass.
func inspectStatsCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.StatsOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "what outputs, parameters and gradients hold: figures, zeros, NaN, counts by power of two",
		Long: "Runs one pass and describes the outputs of layers over the whole batch, the learnable parameters and, " +
			"with --backward, their gradients. JSON has a histogram of each: exact counts by sign and power of two. " +
			"Where the device runs several layers as one, outputs in between are described if --at names them.",
		Example: "resnet-tui inspect stats --arch resnet18 --weights resnet18.pth --input cat.jpg\n" +
			"resnet-tui inspect stats --arch cifar_resnet20 --batch 8 --backward --at layer2.0 --per-channel --format json",
	}
	addInspected(cmd, &spec)
	addBackward(cmd, &spec)
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringArrayVar(&o.At, "at", nil, "what to describe, with the parameters below it: a layer or PATH#CALL, a block "+
			"or a parameter; may be given several times (default: everything)")
		fs.BoolVar(&o.PerChannel, "per-channel", false, "also describe each channel, in JSON")
	})
	out.addInspect(p, cmd)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Stats, error) {
		return p.service().InspectStats(ctx, spec, o, p.console.listener())
	})
	return cmd
}
