package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// historyPath is the file of past profiles; empty if there is no place for it.
func historyPath() string {
	if dir := stateDir(); dir != "" {
		return filepath.Join(dir, "history.jsonl")
	}
	return ""
}

// addHistory adds the flag that opts out of the history.
func addHistory(cmd *cobra.Command, off *bool) {
	cmd.Flags().BoolVar(off, "no-history", false, "don't keep a line of this profile in the history")
}

// remember keeps a profile in the history. A history that can't be written is
// no reason to lose the profile.
func remember(cmd *cobra.Command, p *profile.Profile, off bool) {
	if off || historyPath() == "" {
		return
	}
	if err := profile.AppendHistory(historyPath(), p); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "the history was not written (--no-history leaves it alone): %s\n", oneLine(err))
	}
}

// historyCommand lists past profiles.
func historyCommand(a *app) *cobra.Command {
	var o outputFlags
	var last int
	var arch string
	cmd := &cobra.Command{
		Use:   "history",
		Short: "past profiles: when, what, how fast, and how that changed",
		Long: "Lists the profiles that were made on this machine, and plots the median time of each configuration. " +
			"Every profile leaves a line in the history, unless --no-history or no-history: true in config.yaml says otherwise.",
		Example: "resnet-tui history\nresnet-tui history --net resnet50 --last 100 --format csv",
	}
	o.add(cmd)
	wholeFlag(cmd.Flags(), &last, "last", "", 1, 1_000_000, "so many of the newest (default 20 in text, else all)")
	cmd.Flags().StringVar(&arch, "net", "", "only of nets whose name contains this")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		h, err := readHistory(cmd, arch)
		if err != nil {
			return err
		}
		if last == 0 && o.format == "text" {
			last = 20
		}
		if last > 0 && len(h.Entries) > last {
			h.Older = len(h.Entries) - last
			h.Entries = h.Entries[h.Older:]
		}
		return o.print(cmd, h)
	})
	return cmd
}

func readHistory(cmd *cobra.Command, arch string) (*report.History, error) {
	path := historyPath()
	if path == "" {
		return nil, errors.New("there is no folder for a history: set XDG_STATE_HOME or HOME")
	}
	entries, damaged, err := profile.ReadHistory(path)
	if err != nil {
		return nil, asUsage(err)
	}
	if len(damaged) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: skipped %d damaged lines, the first is line %d\n", path, len(damaged), damaged[0])
	}
	h := &report.History{Schema: profile.HistorySchema, Path: path, Entries: []profile.HistoryEntry{}}
	for _, e := range entries {
		if strings.Contains(e.Model.Arch, arch) {
			h.Entries = append(h.Entries, e)
		}
	}
	return h, nil
}
