package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/tui"
)

// openCommand shows a recorded profile.
func openCommand(p *program) *cobra.Command {
	var out outputFlags
	var exports exportFlags
	var plain bool
	cmd := &cobra.Command{
		Use:   "open FILE [OTHER]",
		Short: "show a recorded profile on the screen, without the engine, or convert it",
		Long: "Shows a profile that was written by profile --format json or --pprof, on this machine or another; " +
			"nothing is run. A file of --pprof holds means of all passes and is headed so. " +
			"Two profiles are compared layer by layer. Without a terminal, or with --format, -o or " +
			"--plain-output, it is printed. " +
			"With --html, --speedscope and so on it is written in those formats instead.",
		Example: "resnet-tui open r50.json\nresnet-tui open r50.pb.gz --html r50.html\nresnet-tui open before.json " +
			"after.json",
	}
	out.add(p, cmd)
	exports.add(cmd)
	theme := addTheme(cmd)
	addPlainOutput(cmd, &plain)
	const want = "one file, or two to compare: resnet-tui open FILE [OTHER]"
	cmd.RunE = p.runFiles(1, 2, want, func(cmd *cobra.Command, files []string) error {
		if err := errors.Join(out.check(), exports.check(cmd)); err != nil {
			return err
		}
		printed := plain || given(cmd, "format") || given(cmd, "output")
		if len(files) == 2 {
			if exports.any(cmd) {
				return usage("two profiles can't be written in the formats of one: name one file")
			}
			return p.openDiff(cmd.Context(), files, &out, printed, tui.Theme(*theme))
		}
		recorded, err := app.ReadProfile(files[0])
		if err != nil {
			return err
		}
		if err := exports.write(recorded); err != nil || exports.any(cmd) && !printed {
			return err
		}
		if printed || !p.onTerminal() {
			return p.print(&out, report.Profile{Profile: recorded})
		}
		return p.showRecorded(cmd.Context(), recorded, files[0], tui.Theme(*theme))
	})
	return cmd
}

// addPlainOutput adds the flag that keeps the screen away.
func addPlainOutput(cmd *cobra.Command, plain *bool) {
	section(cmd, "screen", func(fs *pflag.FlagSet) {
		fs.BoolVar(plain, "plain-output", false, "print the profile as text instead of opening the screen")
	})
}

// openDiff shows how two profiles differ, or prints it.
func (p *program) openDiff(ctx context.Context, files []string, out *outputFlags, printed bool, theme tui.Theme) error {
	d, err := p.service().Diff(files[0], files[1], p.console.listener())
	if err != nil {
		return err
	}
	if printed || !p.onTerminal() {
		return p.print(out, report.Diff{Diff: d})
	}
	return tui.ShowDiff(ctx, tui.DiffOptions{Diff: d, Theme: theme, ASCII: p.ascii()})
}

// showRecorded opens the screen on a profile. What another version of the program
// lowered to other rows is printed instead.
func (p *program) showRecorded(ctx context.Context, recorded *profile.Profile, file string, theme tui.Theme) error {
	m, err := app.RecordedNet(recorded)
	if err != nil {
		p.tell(file + " can't be shown on the screen: " + oneLine(err))
		return (&outputFlags{format: "text", file: "-"}).print(p, report.Profile{Profile: recorded})
	}
	o := tui.Options{Version: recorded.Version, Theme: theme, ASCII: p.ascii(), Graphics: p.graphics}
	return showLive(ctx, live.Recording(recorded, m), o)
}
