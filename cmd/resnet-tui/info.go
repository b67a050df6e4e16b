package main

import (
	"context"
	"strings"

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
		fs.StringVar(&o.Device, "device", "cpu",
			"device whose ceilings are shown: "+strings.Join(app.Devices(), ", "))
		wholeFlag(fs, &o.Threads, "threads", 0, app.MaxThreads, "number of the CPU's threads of the ceilings (default: all)")
	})
	completeDevice(cmd)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Info, error) {
		i, err := p.service().Info(ctx, o, p.console.listener())
		if err != nil {
			return nil, err
		}
		i.Paths.Config = configPath()
		return i, nil
	})
	return cmd
}
