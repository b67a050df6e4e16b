package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// summaryCommand prints what a net costs.
func summaryCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.SummaryOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "summary",
		Short: "show the tree: shapes, parameters, MACs, memory",
		Long: "Shows the tree of a net with shapes, parameters, operations, memory, receptive field and stride. " +
			"Nothing is run and no weight is allocated. With --weights it checks that the checkpoint fits the net.",
		Example: "resnet-tui summary --depth 101\n" +
			"resnet-tui summary --arch vgg19_bn --format csv -o vgg.csv\n" +
			"resnet-tui summary --count all",
	}
	addNet(cmd, &spec)
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.StringVar(&spec.Run.Device, "device", "cpu",
			"device whose memory is planned: "+strings.Join(app.Devices(), ", "))
	})
	completeDevice(cmd)
	addPrecision(cmd, &spec.Run)
	out.add(p, cmd)
	addCount(cmd, &o.Count, "all")
	cmd.Flags().Lookup("count").Usage = "how operations are counted, or all for every way (resnet-tui help counting)"
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.BoolVar(&o.All, "all", false, "show every block, not one row for a run of identical ones")
	})
	cmd.RunE = reporting(p, &out, func(context.Context) (report.Report, error) {
		return p.service().Summary(spec, o, p.console.listener())
	})
	return cmd
}
