package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
	"resnet-tui/tui"
)

// compareCommand sets a net beside another.
func compareCommand(p *program) *cobra.Command {
	var spec app.Spec
	var out outputFlags
	var with, history string
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "compare a net with its plain twin, or any two, or two devices: cost, time, gradients and responses by depth",
		Long: "Runs two nets forward and backward on the same images and labels and shows them side by side: the " +
			"net, and its plain twin or the net that --with describes. Both start from the same weights, " +
			"as far as both have them. " +
			"With --history it shows the curves of recorded training runs instead.",
		Example: "resnet-tui compare --depth 34\n" +
			"resnet-tui compare --depth 56 --family cifar --norm none --batch 64\n" +
			"resnet-tui compare --depth 50 --with \"--lesion layer3.2=drop-branch\"\n" +
			"resnet-tui compare --depth 18 --device cpu --with \"--device vulkan:0\"\n" +
			"resnet-tui compare --history figure6.jsonl",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	section(cmd, "net", func(fs *pflag.FlagSet) {
		fs.StringVar(&with, "with", "",
			"flags of the other net or of what runs it, for example \"--depth 50 --plain\" or \"--device vulkan\"; "+
				"everything else is as for the first (default: its plain twin)")
	})
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addLabels(cmd, &spec)
	addData(cmd, &spec.Input.Data)
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringVar(&history, "history", "", "show the runs that train --history recorded")
	})
	addEngine(cmd, &spec)
	out.add(p, cmd)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images per pass (default %d)", app.CompareBatch)
	compare := reporting(p, &out, func(ctx context.Context) (*report.Compare, error) {
		o, err := compareOptions(with, spec)
		if err != nil {
			return nil, err
		}
		return p.service().Compare(ctx, spec, o, p.console.listener())
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if history == "" {
			return compare(cmd, args)
		}
		return p.run(func(cmd *cobra.Command) error { return p.showHistory(cmd.Context(), history, &out) })(cmd, args)
	}
	return cmd
}

// compareOptions reads the flags of --with, which change what the other net begins
// as. They are read twice: first to see which net they name.
func compareOptions(with string, a app.Spec) (o app.CompareOptions, err error) {
	if with == "" {
		return o, nil
	}
	var other app.Spec
	cmd := &cobra.Command{}
	addNet(cmd, &other)
	addLesions(cmd, &other)
	addDevice(cmd, &other)
	parse := func() error {
		if err := cmd.ParseFlags(strings.Fields(with)); err != nil {
			return usage("--with %q: %s", with, flagMistake(err))
		}
		if rest := cmd.Flags().Args(); len(rest) > 0 {
			return usage("--with %q: %s is not a flag", with, rest[0])
		}
		return nil
	}
	if err := parse(); err != nil {
		return o, err
	}
	if other, err = app.Variation(a, other); err != nil {
		return o, err
	}
	return app.CompareOptions{With: &other}, parse()
}

// showHistory shows a record of training: on a terminal as curves that follow a run
// which still goes on, else as a report.
func (p *program) showHistory(ctx context.Context, file string, out *outputFlags) error {
	if err := out.check(); err != nil {
		return err
	}
	tracks, err := app.ReadTracks(file)
	if err != nil {
		return err
	}
	if !p.onTerminal() || out.format != "text" || out.file != "-" {
		return p.print(out, report.NewTrainHistory(file, tracks))
	}
	read := func() (*tui.Training, error) {
		tracks, err := app.ReadTracks(file)
		return &tui.Training{Tracks: tracks}, err
	}
	return tui.Watch(ctx, tui.WatchOptions{Title: file, Theme: tui.ThemeAuto, ASCII: p.ascii(), Training: read})
}
