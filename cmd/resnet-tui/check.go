package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// checkCommand holds a net to limits.
func checkCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.CheckOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "check a net against limits and a baseline; exit with 1 if one is exceeded",
		Long: "Compares parameters, multiply-adds per image, memory and the median time of a pass with limits, " +
			"and with a baseline that " +
			"profile --format json wrote. A run is too slow if its median exceeds the baseline's by more than " +
			"--tolerance and a rank test " +
			"finds that this isn't noise (p < 5 %); a faster run passes. Only --max-ms and --baseline run the net.",
		Example: "resnet-tui check --depth 50 --max-params 26M --max-macs 4.1G --max-memory 300MB\n" +
			"resnet-tui profile --depth 18 --format json -o baseline.json\n" +
			"resnet-tui check --depth 18 --baseline baseline.json --format md >> $GITHUB_STEP_SUMMARY",
	}
	addNet(cmd, &spec)
	section(cmd, "limits", func(fs *pflag.FlagSet) {
		fs.Var(&optional[float64]{&o.MaxParams, readQuantity}, "max-params",
			"maximum number of parameters, for example 26M")
		fs.Var(&optional[float64]{&o.MaxMACs, readQuantity}, "max-macs",
			"maximum multiply-adds per image, for example 4.1G")
		fs.Var(&optional[float64]{&o.MaxMemory, readQuantity}, "max-memory",
			"maximum memory of the net, for example 300MB")
		fs.Var(&optional[float64]{&o.MaxMS, readQuantity}, "max-ms", "maximum median time of a pass in milliseconds")
		fs.StringVar(&o.Baseline, "baseline", "", "profile (JSON or .pb.gz) that this run must not be slower than")
		fs.Var(&optional[float64]{&o.Tolerance, readQuantity}, "tolerance",
			"percent that a run may be slower than the baseline (default 5)")
	})
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addEngine(cmd, &spec)
	addPasses(cmd, &o.Runs, &o.Warmup)
	out.add(p, cmd)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Checks, error) {
		return p.service().Check(ctx, spec, o, p.console.listener())
	})
	return cmd
}
