package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

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
		Short: "check a net against limits, a baseline or another build; exit with 1 if one is exceeded",
		Long: "Compares parameters, multiply-adds per image, memory and the time of a pass with limits. " +
			"--against runs another build of the program turn about with this one, in processes of their own, until " +
			"it is settled whether this one is slower by more than --tolerance, or --max-time is up. Looks at the " +
			"data are few, and each spends a part of an error probability of 0.2 % (alpha spending). " +
			"--baseline compares with a profile from another time: spells of the machine may explain up to twofold, " +
			"so what is slower by less than that, and by more than --tolerance, is inconclusive. " +
			"Exit codes: 0 all checks hold; 1 one does not, and it is named; 3 noise forbids a verdict; " +
			"2 the command line or a file can't be used. Only --max-ms, --baseline and --against run the net.",
		Example: "resnet-tui check --depth 50 --max-params 26M --max-macs 4.1G --max-memory 300MB\n" +
			"resnet-tui check --depth 18 --against ./resnet-tui-before --tolerance 3 --max-time 5m\n" +
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
		fs.Var(&optional[float64]{&o.MaxMS, readQuantity}, "max-ms", "maximum time of a typical pass in milliseconds")
		fs.StringVar(&o.Baseline, "baseline", "", "profile (JSON or .pb.gz) that this run must not be slower than")
		fs.Var(&optional[float64]{&o.Tolerance, readQuantity}, "tolerance",
			"percent that a run may be slower than the baseline or the other build (default 5)")
		fs.StringVar(&o.Against, "against", "", "another build of the program that this one must not be slower than")
		fs.Var(&optional[time.Duration]{&o.MaxTime, readTime}, "max-time",
			"how long --against may take, for example 90s or 5m (default 3m)")
	})
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addEngine(cmd, &spec)
	addPasses(cmd, &o.Runs, &o.Warmup)
	out.add(p, cmd)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Checks, error) {
		if err := p.opponents(cmd, &o); err != nil {
			return nil, err
		}
		return p.service().Check(ctx, spec, o, p.console.listener())
	})
	return cmd
}

// opponents sets the programs that a check against another build runs: both profile
// with the flags of the check that are no limits.
func (p *program) opponents(cmd *cobra.Command, o *app.CheckOptions) (err error) {
	if o.Against == "" {
		if given(cmd, "against") {
			return usage("--against: the name is empty")
		}
		if o.MaxTime != nil {
			return usage("--max-time is for --against")
		}
		return nil
	}
	limits := []string{
		"max-params", "max-macs", "max-memory", "max-ms", "baseline", "tolerance", "against", "max-time",
	}
	if o.Other, err = p.child(cmd, o.Against, limits...); err == nil {
		o.This, err = p.child(cmd, "", limits...)
	}
	return err
}

// readTime reads a time from a second to a day: 90, 90s or 5m.
func readTime(s string) (time.Duration, error) {
	if _, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		s = strings.TrimSpace(s) + "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return 0, errors.New("it must be a time from 1s to 24h, for example 90s or 5m")
	}
	return d, nil
}
