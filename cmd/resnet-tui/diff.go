package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/profile/report"
	"resnet-tui/tui"
)

// diffCommand compares two recorded profiles.
func diffCommand(a *app) *cobra.Command {
	var o outputFlags
	var all, screen bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "two recorded profiles, layer by layer, with what is beyond noise marked",
		Long: "Compares two profiles that were written by profile --format json or --pprof, from this machine or others. " +
			"Layers are matched by path; of different nets, as far as paths agree. Times are mean times of a pass. " +
			"Either side may be several recordings of the same, with commas between them: what differs from process to process is then part of the noise.",
		Example: "resnet-tui profile --depth 50 --format json -o a.json\nresnet-tui profile --depth 50 --exact --format json -o b.json\nresnet-tui diff a.json b.json\n" +
			"resnet-tui diff a1.json,a2.json,a3.json b1.json,b2.json,b3.json",
	}
	o.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "rows within noise too")
	cmd.Flags().BoolVar(&screen, "screen", false, "on the screen, as open A B shows it")
	theme := addTheme(cmd)
	cmd.RunE = a.runFiles(2, 2, "two profiles: resnet-tui diff A B", func(cmd *cobra.Command, files []string) error {
		if err := o.check(); err != nil {
			return err
		}
		if screen && !a.onTerminal() {
			return usage("--screen: there is no terminal to draw on")
		}
		d, err := readDiff(cmd, files)
		if err != nil {
			return err
		}
		if screen {
			return tui.ShowDiff(cmd.Context(), tui.DiffOptions{Diff: d, Theme: tui.Theme(*theme)})
		}
		return o.print(cmd, report.Diff{Diff: d, All: all})
	})
	return cmd
}

// readDiff compares two files. Of nets that share no layer it says so.
func readDiff(cmd *cobra.Command, files []string) (*profile.Diff, error) {
	left, err := readRecordings(files[0])
	if err != nil {
		return nil, err
	}
	right, err := readRecordings(files[1])
	if err != nil {
		return nil, err
	}
	d, err := profile.NewPooledDiff(left, right, files[0], files[1])
	if err != nil {
		return nil, usageError{err}
	}
	if len(d.Layers) == 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "no layer of %s (%s) is in %s (%s): nothing to compare but the totals\n", files[0], d.AboutA.Model, files[1], d.AboutB.Model)
	}
	return d, nil
}

// readRecordings reads one profile, or several with commas between them.
func readRecordings(list string) ([]*profile.Profile, error) {
	names := []string{list}
	if _, err := os.Stat(list); err != nil {
		names = strings.Split(list, ",")
	}
	var all []*profile.Profile
	for _, name := range names {
		p, err := readProfile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// readProfile reads a profile; what can't be read is the command line's
// mistake.
func readProfile(path string) (*profile.Profile, error) {
	p, err := export.Read(path)
	return p, asUsage(err)
}

// runFiles makes a command's function of f, which takes least to most files.
func (a *app) runFiles(least, most int, want string, f func(cmd *cobra.Command, files []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, files []string) error {
		if a.failure == nil && (len(files) < least || len(files) > most) {
			a.failure = usage("%s takes %s", cmd.Name(), want)
			return nil
		}
		return a.run(func(cmd *cobra.Command) error { return f(cmd, files) })(cmd, nil)
	}
}
