package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/profile/report"
)

// diffCommand compares two recorded profiles.
func diffCommand(a *app) *cobra.Command {
	var o outputFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "two recorded profiles, layer by layer, with what is beyond noise marked",
		Long: "Compares two profiles that were written by profile --format json or --pprof, from this machine or others. " +
			"Layers are matched by path; of different nets, as far as paths agree. Times are mean times of a pass.",
		Example: "resnet-tui profile --depth 50 --format json -o a.json\nresnet-tui profile --depth 50 --exact --format json -o b.json\nresnet-tui diff a.json b.json",
	}
	o.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "rows within noise too")
	cmd.RunE = a.runFiles(2, "two profiles: resnet-tui diff A B", func(cmd *cobra.Command, files []string) error {
		if err := o.check(); err != nil {
			return err
		}
		left, err := readProfile(files[0])
		if err != nil {
			return err
		}
		right, err := readProfile(files[1])
		if err != nil {
			return err
		}
		d := profile.NewDiff(left, right, files[0], files[1])
		if len(d.Layers) == 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "no layer of %s (%s) is in %s (%s): nothing to compare but the totals\n", files[0], left.Model.Arch, files[1], right.Model.Arch)
		}
		return o.print(cmd, report.Diff{Diff: d, All: all})
	})
	return cmd
}

// readProfile reads a profile; what can't be read is the command line's
// mistake.
func readProfile(path string) (*profile.Profile, error) {
	p, err := export.Read(path)
	return p, asUsage(err)
}

// runFiles makes a command's function of f, which takes so many files.
func (a *app) runFiles(n int, want string, f func(cmd *cobra.Command, files []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, files []string) error {
		if a.failure == nil && len(files) != n {
			a.failure = usage("%s takes %s", cmd.Name(), want)
			return nil
		}
		return a.run(func(cmd *cobra.Command) error { return f(cmd, files) })(cmd, nil)
	}
}
