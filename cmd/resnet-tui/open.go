package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tui"
)

// openCommand shows a recorded profile.
func openCommand(a *app) *cobra.Command {
	var o outputFlags
	var e exportFlags
	var plain bool
	cmd := &cobra.Command{
		Use:   "open FILE [OTHER]",
		Short: "a recorded profile on the screen, without the engine; also into other formats",
		Long: "Shows a profile that was written by profile --format json or --pprof, on this machine or another; nothing is run. Two profiles are compared, layer by layer. " +
			"Without a terminal, or with --format, -o or --plain-output, it is printed. With --html, --speedscope and the like it is written in those formats instead.",
		Example: "resnet-tui open r50.json\nresnet-tui open r50.pb.gz --html r50.html\nresnet-tui open before.json after.json",
	}
	o.add(cmd)
	e.add(cmd)
	theme := addTheme(cmd)
	cmd.Flags().BoolVar(&plain, "plain-output", false, "no screen: print the profile as text")
	cmd.RunE = a.runFiles(1, 2, "one file, or two to compare: resnet-tui open FILE [OTHER]", func(cmd *cobra.Command, files []string) error {
		if err := cmp.Or(o.check(), e.check(cmd)); err != nil {
			return err
		}
		printed := plain || given(cmd.Flags(), "format") || given(cmd.Flags(), "output")
		if len(files) == 2 {
			if e.any(cmd) {
				return usage("two profiles can't be written in the formats of one: name one file")
			}
			return a.openDiff(cmd, files, &o, printed, tui.Theme(*theme))
		}
		p, err := readProfile(files[0])
		if err != nil {
			return err
		}
		if err := e.write(p); err != nil || e.any(cmd) && !printed {
			return err
		}
		if printed || !a.onTerminal() {
			return o.print(cmd, report.Profile{Profile: p})
		}
		return showRecorded(cmd, p, files[0], tui.Theme(*theme))
	})
	return cmd
}

// openDiff shows how two profiles differ, or prints it.
func (a *app) openDiff(cmd *cobra.Command, files []string, o *outputFlags, printed bool, theme tui.Theme) error {
	d, err := readDiff(cmd, files)
	if err != nil {
		return err
	}
	if printed || !a.onTerminal() {
		return o.print(cmd, report.Diff{Diff: d})
	}
	return tui.ShowDiff(cmd.Context(), tui.DiffOptions{Diff: d, Theme: theme})
}

// showRecorded opens the screen on a profile. What another version of the
// program lowered to other rows is printed instead.
func showRecorded(cmd *cobra.Command, p *profile.Profile, file string, theme tui.Theme) error {
	m, err := recordedNet(p)
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s can't be shown on the screen: %s\n", file, oneLine(err))
		return report.Write(cmd.OutOrStdout(), report.Profile{Profile: p}, "text")
	}
	o := tui.Options{
		Model: m, Recorded: p, Session: resnet.SessionOptions{Train: p.Mode == "train", Fuse: p.Fused, Threads: p.Device.Threads},
		Weights: p.Model.Weights, InputName: p.Input.Source, Version: p.Version, Theme: theme,
	}
	if c := p.Ceilings; c != nil {
		o.Ceilings = profile.Ceilings{GFLOPS: c.GFLOPS, GBPS: c.GBPS}
	}
	return tui.Run(cmd.Context(), o)
}

// recordedNet is the net of a profile, if its rows are that net's.
func recordedNet(p *profile.Profile) (*resnet.Model, error) {
	c, err := p.Config()
	if err != nil {
		return nil, err
	}
	m, err := resnet.Build(c)
	if err != nil {
		return nil, err
	}
	_, err = profile.NewReplay(p, m)
	return m, err
}
