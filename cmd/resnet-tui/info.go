package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// infoCommand prints what the program finds on this machine.
func infoCommand(p *program) *cobra.Command {
	var o app.InfoOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "info",
		Short: "show the machine, devices, kernels in use and why, measured ceilings and paths",
	}
	out.add(p, cmd)
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.BoolVar(&o.Measure, "measure", false, "measure the ceilings again, and keep them if they are higher")
		wholeFlag(fs, &o.Threads, "threads", 0, app.MaxThreads, "number of threads of the ceilings (default: all)")
	})
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Info, error) {
		i, err := p.service().Info(ctx, o)
		if err != nil {
			return nil, err
		}
		i.Paths.Config = configPath()
		return i, nil
	})
	return cmd
}
