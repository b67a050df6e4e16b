package main

import (
	"cmp"
	"errors"

	"github.com/spf13/cobra"

	"resnet-tui/profile/report"
)

// openCommand shows a recorded profile.
func openCommand(a *app) *cobra.Command {
	var o outputFlags
	var e exportFlags
	cmd := &cobra.Command{
		Use:   "open FILE",
		Short: "a recorded profile, without the engine; also into other formats",
		Long: "Prints a profile that was written by profile --format json or --pprof, on this machine or another. " +
			"Nothing is run. With --html, --speedscope and the like it writes the profile in those formats too.",
		Example: "resnet-tui open r50.json\nresnet-tui open r50.pb.gz --html r50.html -o /dev/null",
	}
	o.add(cmd)
	e.add(cmd)
	cmd.RunE = a.runFiles(1, "one file: resnet-tui open FILE", func(cmd *cobra.Command, files []string) error {
		if err := cmp.Or(o.check(), e.check(cmd)); err != nil {
			return err
		}
		p, err := readProfile(files[0])
		if err != nil {
			return err
		}
		return errors.Join(e.write(p), o.print(cmd, report.Profile{Profile: p}))
	})
	return cmd
}
