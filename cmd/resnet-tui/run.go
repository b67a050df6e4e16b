package main

import (
	"context"

	"github.com/spf13/cobra"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// runCommand makes one pass.
func runCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.RunOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "run one pass: likeliest classes, logits, every layer's output and time, gradients",
		Long: "Runs one pass and prints the likeliest classes, the logits, and the output and time of every layer; " +
			"with --backward also the loss and the gradients.",
		Example: "resnet-tui run --depth 50 --weights resnet50.pth --input cat.jpg\n" +
			"resnet-tui run --depth 18 --no-fuse --format json\n" +
			"resnet-tui run --depth 50 --batch 4 --backward --paths 16 --lesion layer3.2=drop-branch",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addBackward(cmd, &spec)
	addPaths(cmd, &spec)
	addEngine(cmd, &spec)
	out.add(p, cmd)
	addCount(cmd, &o.Count)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Run, error) {
		return p.service().Run(ctx, spec, o, p.console.listener())
	})
	return cmd
}
