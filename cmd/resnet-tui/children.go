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
	args = args[slices.Index(args, cmd.Name())+1:]
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if short := strings.HasPrefix(args[i], "-o"); short {
			name, joined = "output", args[i] != "-o"
		}
		f := cmd.Flags().Lookup(name)
		one := args[i : i+1]
		if f != nil && !joined && f.NoOptDefVal == "" && i+1 < len(args) {
			one = args[i : i+2]
			i++
		}
		if !slices.Contains(but, name) {
			rest = append(rest, one...)
		}
	}
	return rest
}
