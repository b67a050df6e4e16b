package main

import (
	"github.com/spf13/cobra"
)

// newRoot is the whole command line.
func newRoot(a *app) *cobra.Command {
	root := screenCommand(a)
	root.Args = cobra.ArbitraryArgs
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if a.failure == nil {
			a.failure = usage("%s (%s --help)", flagMistake(err), cmd.CommandPath())
		}
		return nil
	})
	for _, c := range []*cobra.Command{
		summaryCommand(a), runCommand(a), profileCommand(a), evalCommand(a), compareCommand(a), trainCommand(a), infoCommand(a), diffCommand(a), checkCommand(a), openCommand(a), historyCommand(a),
	} {
		c.Args = cobra.ArbitraryArgs
		root.AddCommand(c)
	}
	root.AddCommand(countingTopic())
	return root
}
