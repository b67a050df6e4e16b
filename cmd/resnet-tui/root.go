package main

import (
	"github.com/spf13/cobra"
)

// newRoot is the whole command line.
func newRoot(p *program) *cobra.Command {
	root := screenCommand(p)
	root.Args = cobra.ArbitraryArgs
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if p.failure == nil {
			p.failure = usage("%s (%s --help)", flagMistake(err), cmd.CommandPath())
		}
		return nil
	})
	for _, c := range []*cobra.Command{
		summaryCommand(p), runCommand(p), profileCommand(p), evalCommand(p), compareCommand(p), trainCommand(p),
		infoCommand(p), diffCommand(p), checkCommand(p), openCommand(p), historyCommand(p),
	} {
		c.Args = cobra.ArbitraryArgs
		c.SetHelpFunc(printHelp)
		root.AddCommand(c)
	}
	root.AddCommand(countingTopic())
	root.SetHelpCommand(helpCommand(root))
	root.Flags().VarPF(&helpFlag{root: root}, "help", "h", "show this help").NoOptDefVal = "true"
	return root
}
