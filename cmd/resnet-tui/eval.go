package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// evalCommand scores a net on a data set.
func evalCommand(p *program) *cobra.Command {
	var spec app.Spec
	var out outputFlags
	cmd := &cobra.Command{
		Use:     "eval",
		Short:   "compute accuracy and loss of a checkpoint on a data set",
		Long:    "Computes the accuracy and the loss of a checkpoint on the test images of a data set.",
		Example: "resnet-tui eval --arch cifar_resnet20 --weights resnet20.th --data cifar10:test_batch.bin",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	addData(cmd, &spec.Input.Data)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addEngine(cmd, &spec)
	out.add(p, cmd)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images per pass (default %d)", app.EvalBatch)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Eval, error) {
		return p.service().Evaluate(ctx, spec, p.console.listener())
	})
	return cmd
}
