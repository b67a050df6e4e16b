package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// inspectExciteCommand shows which images excite channels.
func inspectExciteCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.Excite
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "excite",
		Short: "which images of a data set excite the channels of a layer or block most, and where",
		Long: "Runs a net on the images of a data set and shows, for each channel of a layer or block, those that " +
			"excite it most, the unit that they excite, and the box of pixels that this unit sees. " +
			"A .png file shows what is in these boxes.",
		Example: "resnet-tui inspect excite --weights resnet20.th --data cifar10:test_batch.bin --at layer3.0\n" +
			"resnet-tui inspect excite --weights resnet20.th --data cifar10:test_batch.bin --at layer2.0 --channel 7 -o seven.png",
	}
	addInspected(cmd, &spec)
	addAt(cmd, &o.At, "whose channels")
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.Var(&optional[int]{&o.Channel, wholeFrom(0, 1<<31-1)}, "channel", "this channel alone, from 0 (default: all)")
		wholeFlag(fs, &o.Top, "top", 1, app.MaxTop, "images a channel (default 9)")
	})
	out.addInspect(p, cmd, report.PNG)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images per pass (default %d)", app.LookBatch)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Excite, error) {
		o.Photos = out.format == report.PNG
		return p.service().InspectExcite(ctx, spec, o, p.console.listener())
	})
	return cmd
}
