package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// historyCommand lists past profiles.
func historyCommand(p *program) *cobra.Command {
	var o app.HistoryOptions
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "history",
		Short: "list past profiles: when, what, how fast, and how that changed",
		Long: "Lists the profiles that were made on this machine, and plots the median time of each configuration. " +
			"Every profile adds a line to the history, unless --no-history or no-history: true in config.yaml is set.",
		Example: "resnet-tui history\nresnet-tui history --net resnet50 --last 100 --format csv",
	}
	section(cmd, "input", func(fs *pflag.FlagSet) {
		wholeFlag(fs, &o.Last, "last", 1, 1_000_000, "show only the newest N (default 20 as text, else all)")
		fs.StringVar(&o.Net, "net", "", "show only nets whose name contains this")
	})
	out.add(p, cmd)
	cmd.RunE = reporting(p, &out, func(context.Context) (*report.History, error) {
		if o.Last == 0 && out.format == "text" {
			o.Last = 20
		}
		return p.service().History(o, p.console.listener())
	})
	return cmd
}
