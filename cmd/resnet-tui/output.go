package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"resnet-tui/profile/report"
)

// outputFlags say how a report is printed, and where.
type outputFlags struct{ format, file string }

func (o *outputFlags) add(cmd *cobra.Command) {
	o.format = "text"
	cmd.Flags().Var(&choice{&o.format, report.Formats}, "format", "of the report: text, json, csv or md")
	cmd.Flags().StringVarP(&o.file, "output", "o", "-", "file to write to, - for stdout")
	complete(cmd, "format", report.Formats...)
}

// check reports a file that can't be written, before any work is done for it.
func (o *outputFlags) check() error {
	if o.file == "-" {
		return nil
	}
	return checkTarget("output", o.file)
}

// checkTarget reports a file that a flag names and that can't be written.
func checkTarget(flag, file string) error {
	if file == "" {
		return usage("--%s: the name is empty", flag)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return usage("--%s %s: it is a folder", flag, file)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return usage("--%s %s: there is no folder %s", flag, file, filepath.Dir(file))
	}
	return nil
}

// print writes the report.
func (o *outputFlags) print(cmd *cobra.Command, r report.Report) error {
	var text bytes.Buffer
	if err := report.Write(&text, r, o.format); err != nil {
		return err
	}
	if o.file == "-" {
		_, err := cmd.OutOrStdout().Write(text.Bytes())
		return err
	}
	return writeFile(o.file, text.Bytes())
}

// writeFile writes path whole or not at all: a temporary file beside it takes
// its place. What is no regular file, such as a pipe, is written directly.
func writeFile(path string, data []byte) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, data, 0o666)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("%s was not written: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("%s was not written: %w", path, err)
		}
	}()
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if _, err = io.Copy(f, bytes.NewReader(data)); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
