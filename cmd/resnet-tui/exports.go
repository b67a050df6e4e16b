package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
)

// exporter is a flag that names a file to write a profile to.
type exporter struct {
	flag, help string
	write      func(w io.Writer, p *profile.Profile) error
}

var exporters = []exporter{
	{"pprof", "write a profile for go tool pprof (.pb.gz)", export.PProf},
	{"trace", "write a few passes, worker by worker, for ui.perfetto.dev (.json)", export.ChromeTrace},
	{"speedscope", "write a profile for speedscope.app (.json)", export.Speedscope},
	{"folded", "write folded stacks for flamegraph.pl and its kin", export.Folded},
	{"html", "write a report that is one HTML file: tree, flame graph, roofline, memory, gradient flow", export.HTML},
}

const tracedPasses = 5

// exportFlags are the files that a profile is written to, by exporter.
type exportFlags struct{ files []string }

func (e *exportFlags) add(cmd *cobra.Command) {
	e.files = make([]string, len(exporters))
	for i, x := range exporters {
		cmd.Flags().StringVar(&e.files[i], x.flag, "", x.help)
	}
}

// check reports files that can't be written, before any work is done for them.
func (e *exportFlags) check(cmd *cobra.Command) error {
	seen := map[string]string{cmd.Flags().Lookup("output").Value.String(): "output"}
	for _, flag := range exportNames() {
		if !given(cmd.Flags(), flag) {
			continue
		}
		file := cmd.Flags().Lookup(flag).Value.String()
		switch {
		case file == "-":
			return usage("--%s -: give it a file, stdout has the report", flag)
		case seen[file] != "":
			return usage("--%s %s: --%s writes there already", flag, file, seen[file])
		}
		if err := checkTarget(flag, file); err != nil {
			return err
		}
		seen[file] = flag
	}
	return nil
}

// any reports whether a file was asked for.
func (e *exportFlags) any(cmd *cobra.Command) bool {
	return slices.ContainsFunc(exportNames(), func(flag string) bool { return given(cmd.Flags(), flag) })
}

// exportNames are the flags that name files.
func exportNames() []string {
	names := []string{cpuProfileFlag}
	for _, x := range exporters {
		names = append(names, x.flag)
	}
	return names
}

// traces is the number of passes to keep span by span.
func (e *exportFlags) traces() int {
	for i, x := range exporters {
		if x.flag == "trace" && e.files[i] != "" {
			return tracedPasses
		}
	}
	return 0
}

// write writes every file that was asked for, each whole or not at all.
func (e *exportFlags) write(p *profile.Profile) error {
	var failed error
	for i, x := range exporters {
		if e.files[i] == "" {
			continue
		}
		var data bytes.Buffer
		err := x.write(&data, p)
		if err == nil {
			err = writeFile(e.files[i], data.Bytes())
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("--%s: %w", x.flag, err))
		}
	}
	return failed
}
