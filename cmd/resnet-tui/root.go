package main

import (
	"fmt"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

// newRoot is the whole command line.
func newRoot(p *program) *cobra.Command {
	root := screenCommand(p)
	root.SetIn(p.in)
	root.SetOut(p.out) // before addCompletion, which keeps it
	root.SetErr(p.err)
	root.Version = version()
	root.SilenceUsage, root.SilenceErrors = true, true // main prints errors
	root.SetHelpFunc(printHelp)
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
		inspectCommand(p), infoCommand(p), diffCommand(p), checkCommand(p), diagnoseCommand(p), openCommand(p), historyCommand(p),
	} {
		c.Args = cobra.ArbitraryArgs
		root.AddCommand(c)
	}
	root.AddCommand(countingTopic(), manCommand())
	root.SetHelpCommand(helpCommand(root))
	addCompletion(root)
	return root
}

// addCompletion adds cobra's command for the completion of shells now, so that its
// help looks like that of the others.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil {
		return // cobra leaves it out when there is nothing to complete
	}
	c.Short = "write the script that lets a shell complete the command line"
	c.Long = "Writes a script for the named shell, which lets it complete commands, flags and their values. " +
		"The help of each command below says how to load it."
	for _, shell := range c.Commands() {
		shell.Short = "script for " + shell.Name()
	}
}

// manCommand prints the manual page.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "man",
		Short:                 "print the manual page",
		Hidden:                true,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := mango.NewManPage(1, cmd.Root())
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), page.Build(roff.NewDocument()))
			return err
		},
	}
}
