package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/internal/app"
)

// child is a profile command with the flags of cmd, but for some: in a process of its
// own of this program, or of another build of it.
func (p *program) child(cmd *cobra.Command, another string, but ...string) (app.Child, error) {
	args := append([]string{"profile"}, flagsBut(cmd, p.args, but)...)
	c := app.Child{Program: another, Args: append(args, "--format=json", "--output=-", "--no-history")}
	if another != "" {
		return c, nil
	}
	var err error
	if c.Program = p.self; c.Program == "" {
		c.Program, err = os.Executable()
	}
	return c, err
}

// flagsBut are the arguments of a command's flags, as they were given, without some of
// the flags and what every child is given anyway.
func flagsBut(cmd *cobra.Command, args, but []string) (rest []string) {
	but = append(slices.Clone(but), "format", "output", "no-history")
	for _, flag := range givenFlags(cmd, args) {
		if !slices.Contains(but, flagOf(flag[0])) {
			rest = append(rest, flag...)
		}
	}
	return rest
}

// givenFlags are the flags that a command was given, each as its one or two arguments.
func givenFlags(cmd *cobra.Command, args []string) (flags [][]string) {
	args = args[slices.Index(args, cmd.Name())+1:]
	for i := 0; i < len(args); i++ {
		joined := strings.Contains(args[i], "=")
		if strings.HasPrefix(args[i], "-o") {
			joined = args[i] != "-o"
		}
		f := cmd.Flags().Lookup(flagOf(args[i]))
		one := args[i : i+1]
		if f != nil && !joined && f.NoOptDefVal == "" && i+1 < len(args) {
			one = args[i : i+2]
			i++
		}
		flags = append(flags, one)
	}
	return flags
}

// flagOf is the name of the flag that an argument is of.
func flagOf(arg string) string {
	if strings.HasPrefix(arg, "-o") {
		return "output"
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
	return name
}
