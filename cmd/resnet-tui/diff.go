package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/profile/report"
	"resnet-tui/tui"
)

// diffCommand compares two recorded profiles.
func diffCommand(p *program) *cobra.Command {
	var out outputFlags
	var all, screen bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two recorded profiles layer by layer, and mark what is beyond noise",
		Long: "Compares two profiles that were written by profile --format json or --pprof, from this machine or " +
			"others. " +
			"Layers are matched by path, in different nets wherever paths agree. Times are of typical passes. " +
			"A verdict rests on processes: each side may be several recordings of the same net, separated by commas " +
			"or given by a quoted pattern, or a recording of several processes (profile --processes). Sides whose processes ran turn about are " +
			"compared pair by pair; others are told apart only beyond what spells of the machine may explain, twofold. " +
			"Of single processes it says at most that they differ in this pair.",
		Example: "resnet-tui profile --depth 50 --format json -o a.json\n" +
			"resnet-tui profile --depth 50 --exact --format json -o b.json\n" +
			"resnet-tui diff a.json b.json\n" +
			"for i in 1 2 3 4 5 6 7 8; do resnet-tui profile --depth 18 --format json -o a$i.json; \\\n" +
			"  resnet-tui profile --depth 18 --exact --format json -o b$i.json; done\n" +
			"resnet-tui diff 'a?.json' 'b?.json'",
	}
	out.add(p, cmd)
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.BoolVar(&all, "all", false, "also show rows within noise")
	})
	section(cmd, "screen", func(fs *pflag.FlagSet) {
		fs.BoolVar(&screen, "screen", false, "show the difference on the screen, as open A B does")
	})
	theme := addTheme(cmd)
	cmd.RunE = p.runFiles(2, 2, "two profiles: resnet-tui diff A B", func(cmd *cobra.Command, files []string) error {
		if err := out.check(); err != nil {
			return err
		}
		if screen && !p.onTerminal() {
			return usage("--screen: there is no terminal to draw on")
		}
		d, err := p.service().Diff(files[0], files[1], p.console.listener())
		if err != nil {
			return err
		}
		if screen {
			return tui.ShowDiff(cmd.Context(), tui.DiffOptions{Diff: d, Theme: tui.Theme(*theme), ASCII: p.ascii()})
		}
		return p.print(&out, report.Diff{Diff: d, All: all})
	})
	return cmd
}
