package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/internal/app/live"
	"resnet-tui/tui"
)

// screenFlags are what the screen takes beside a spec.
type screenFlags struct {
	theme    *string
	training string
	count    string
}

// screenCommand is the program without a command: the screen, or the profile as text
// where there is no terminal to draw on.
func screenCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.ProfileOptions
	var f screenFlags
	var plain bool
	cmd := &cobra.Command{
		Use:   programName,
		Short: "look inside a ResNet while it runs",
		Long: "Shows the tree of a residual network while it runs: shapes, parameters, MACs, memory and live time " +
			"per layer. " +
			"Without a terminal it prints a profile as text.",
		Example: "resnet-tui --depth 101\n" +
			"resnet-tui --arch resnext50_32x4d --batch 4\n" +
			"resnet-tui --depth 50 --batch 4 --backward --lesion layer3.2=drop-branch\n" +
			"resnet-tui summary --depth 50 --count all",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addBackward(cmd, &spec)
	addPaths(cmd, &spec)
	addEngine(cmd, &spec)
	addPasses(cmd, &o.Runs, &o.Warmup)
	f.theme = addTheme(cmd)
	p.addGraphics(cmd)
	section(cmd, "screen", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.training, "training", "",
			"show the curves of a file that train --history writes, and follow it while it grows")
	})
	addPlainOutput(cmd, &plain)
	addCount(cmd, &o.Count)
	addHistory(cmd, &o.NoHistory)
	cmd.RunE = p.run(func(cmd *cobra.Command) error {
		if plain || !p.onTerminal() {
			return p.printed(cmd.Context(), spec, o, f.training)
		}
		if f.count = o.Count; given(cmd, "count") && f.count != "macs" && f.count != "flops" {
			return usage("--count %s: the screen shows macs or flops; summary and profile know the rest", f.count)
		}
		return p.show(cmd, spec, &f)
	})
	return cmd
}

// printed prints the profile, without a screen.
func (p *program) printed(ctx context.Context, spec app.Spec, o app.ProfileOptions, training string) error {
	if training != "" {
		return usage("--training %s: there is no terminal to draw curves on", training)
	}
	if spec.Step.Paths > 0 {
		return usage("--paths %d: there is no terminal to draw path lengths on; run prints them", spec.Step.Paths)
	}
	return p.profile(ctx, spec, o, &outputFlags{format: "text", file: "-"}, &exportFlags{})
}

// addTheme adds the flag for the screen's colours.
func addTheme(cmd *cobra.Command) *string {
	theme := string(tui.ThemeAuto)
	section(cmd, "screen", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&theme, tui.Themes()}, "theme", "colours of the screen: auto, dark, light or none")
	})
	complete(cmd, "theme", tui.Themes()...)
	return &theme
}

// show opens the screen.
func (p *program) show(cmd *cobra.Command, spec app.Spec, f *screenFlags) error {
	service, ctx := p.service(), cmd.Context()
	b, err := service.Open(ctx, spec, p.console.listener())
	if err != nil {
		return err
	}
	ops, err := b.Convention(f.count)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	o := tui.Options{
		Labels: app.ClassNames(b.Model().Config), Version: service.Version,
		Theme: tui.Theme(*f.theme), ASCII: p.ascii(), Graphics: p.graphics, FLOPs: ops.Doubled(),
	}
	if f.training != "" {
		o.Training = tui.HistoryFile(f.training)
		if _, err := o.Training(); err != nil {
			return errors.Join(usage("--training: %w", err), b.Close())
		}
	}
	runs := live.Of(b, spec.Run.Mode)
	runs.Roofs, runs.Naming = service.Roofs(b), flagName
	runs.Prove = func(args []string) string { return p.proof(cmd, args) }
	return errors.Join(showLive(ctx, runs, o), b.Close())
}

// showLive shows an engine from its start to its end.
func showLive(ctx context.Context, runs live.Options, o tui.Options) error {
	engine, err := live.Start(ctx, runs)
	if err != nil {
		return err
	}
	defer engine.Close()
	o.Engine = engine
	return tui.Run(ctx, o)
}
