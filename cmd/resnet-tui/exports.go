package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/profile/export"
)

// exporter is a flag that names a file to write a profile to.
type exporter struct {
	flag, help string
	write      func(w io.Writer, p *profile.Profile, pictures ...export.Picture) error
}

// without is an exporter that shows no pictures.
func without(write func(io.Writer, *profile.Profile) error) func(io.Writer, *profile.Profile, ...export.Picture) error {
	return func(w io.Writer, p *profile.Profile, _ ...export.Picture) error { return write(w, p) }
}

var exporters = []exporter{
	{"pprof", "write a profile for go tool pprof (.pb.gz)", without(export.PProf)},
	{"trace", "write a few passes, worker by worker, for ui.perfetto.dev (.json)", without(export.ChromeTrace)},
	{"speedscope", "write a profile for speedscope.app (.json)", without(export.Speedscope)},
	{"folded", "write folded stacks for flamegraph.pl and similar tools", without(export.Folded)},
	{"html", "write a report in one HTML file: tree, flame graph, roofline, memory, gradient flow, pictures", export.HTML},
}

const (
	tracedPasses   = 5
	cpuProfileFlag = "cpuprofile"
)

// exportFlags are the files that a profile is written to, by exporter.
type exportFlags struct {
	files      []string
	cpuProfile string
}

func (e *exportFlags) add(cmd *cobra.Command) {
	e.files = make([]string, len(exporters))
	section(cmd, "export", func(fs *pflag.FlagSet) {
		for i, x := range exporters {
			fs.StringVar(&e.files[i], x.flag, "", x.help)
		}
	})
}

func (e *exportFlags) addCPUProfile(cmd *cobra.Command) {
	section(cmd, "export", func(fs *pflag.FlagSet) {
		fs.StringVar(&e.cpuProfile, cpuProfileFlag, "",
			"write Go's own CPU profile of some more passes, labelled by layer (.pb.gz)")
	})
}

// check reports files that can't be written, before any work is done for them.
func (e *exportFlags) check(cmd *cobra.Command) error {
	seen := map[string]string{cmd.Flags().Lookup("output").Value.String(): "output"}
	for _, flag := range exportNames() {
		if !given(cmd, flag) {
			continue
		}
		file := cmd.Flags().Lookup(flag).Value.String()
		switch {
		case file == "-":
			return usage("--%s -: name a file, stdout has the report", flag)
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
	return slices.ContainsFunc(exportNames(), func(flag string) bool { return given(cmd, flag) })
}

// exportNames are the flags that name files.
func exportNames() []string {
	names := []string{cpuProfileFlag}
	for _, x := range exporters {
		names = append(names, x.flag)
	}
	return names
}

// wants reports whether a file was asked for by that flag.
func (e *exportFlags) wants(flag string) bool {
	at := slices.IndexFunc(exporters, func(x exporter) bool { return x.flag == flag })
	return e.files[at] != ""
}

// traces is the number of passes to keep span by span.
func (e *exportFlags) traces() int {
	if e.wants("trace") {
		return tracedPasses
	}
	return 0
}

// write writes every file that was asked for, each whole or not at all.
func (e *exportFlags) write(p *profile.Profile, pictures ...export.Picture) error {
	var failed error
	for i, file := range e.files {
		if file == "" {
			continue
		}
		var data bytes.Buffer
		err := exporters[i].write(&data, p, pictures...)
		if err == nil {
			err = app.WriteFile(file, data.Bytes())
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("--%s: %w", exporters[i].flag, err))
		}
	}
	return failed
}

// writeCPUProfile writes Go's own profile, if it was asked for.
func (e *exportFlags) writeCPUProfile(data []byte) error {
	if e.cpuProfile == "" {
		return nil
	}
	if err := app.WriteFile(e.cpuProfile, data); err != nil {
		return fmt.Errorf("--%s: %w", cpuProfileFlag, err)
	}
	return nil
}
