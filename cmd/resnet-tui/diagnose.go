package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// diagnoseCommand says what is wrong with a net.
func diagnoseCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.DiagnoseOptions
	var out outputFlags
	rules := false
	cmd := &cobra.Command{
		Use:   "diagnose",
		Short: "say what is wrong with a net: its weights, its input, its activations and gradients",
		Long: "Runs a net in eval and in train mode, and with --backward makes a step of training, and weighs what it " +
			"finds by rules: each finding has its figures and the command that shows it. A net that is in order has none " +
			"but notes. Images (--input, --data) and labels let more rules decide, as do --lr and --profile.",
		Example: "resnet-tui diagnose --weights resnet18.pth --input photos/\n" +
			"resnet-tui diagnose --weights resnet20.th --data cifar10:test_batch.bin --backward --lr 0.1 --fail-on warning\n" +
			"resnet-tui diagnose --rules",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	addInput(cmd, &spec)
	addData(cmd, &spec.Input.Data)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addBackward(cmd, &spec)
	addJudged(cmd, &o)
	addEngine(cmd, &spec)
	out.add(p, cmd)
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.BoolVar(&rules, "rules", false, "list the rules instead: how each decides, its threshold, what it can't tell")
	})
	diagnosis := reporting(p, &out, func(ctx context.Context) (*report.Diagnosis, error) {
		o.Prove = func(args []string) string { return p.proof(cmd, args) }
		return p.service().Diagnose(ctx, spec, o, p.console.listener())
	})
	table := reporting(p, &out, func(context.Context) (*report.DiagnoseRules, error) {
		return report.NewDiagnoseRules(), nil
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if rules {
			return table(cmd, args)
		}
		return diagnosis(cmd, args)
	}
	return cmd
}

// addJudged adds the flags of what a diagnosis judges beside the net.
func addJudged(cmd *cobra.Command, o *app.DiagnoseOptions) {
	severities := []string{"error", "warning", "note"}
	section(cmd, "training", func(fs *pflag.FlagSet) {
		fs.Var(number{&o.Rate}, "lr", "learning rate of the training that the step stands for, to be judged")
		fs.Var(number{&o.Momentum}, "momentum", "its momentum")
		fs.Var(number{&o.Decay}, "weight-decay", "its weight decay")
	})
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.BoolVar(&o.Profile, "profile", false, "also time some passes, for the rules on time and memory")
	})
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&o.FailOn, severities}, "fail-on", "exit with 1 if there is a finding as severe: error, warning or note")
	})
	complete(cmd, "fail-on", severities...)
}

// proof is the command line that shows a finding: args, and those of the flags that cmd
// was given that the command of args has too.
func (p *program) proof(cmd *cobra.Command, args []string) string {
	target, _, err := cmd.Root().Find(args)
	line := append([]string{"resnet-tui"}, args...)
	for _, flag := range givenFlags(cmd, p.args) {
		name := flagOf(flag[0])
		known := err == nil && target.Flags().Lookup(name) != nil && name != "output" && name != "format"
		if known && !slices.Contains(args, "--"+name) {
			line = append(line, flag...)
		}
	}
	for i, arg := range line {
		line[i] = quoted(arg)
	}
	return strings.Join(line, " ")
}

// quoted is an argument as a shell takes it.
func quoted(arg string) string {
	if arg != "" && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%#") == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
