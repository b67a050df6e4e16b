package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"resnet-tui/profile/report"
)

// reporting makes a command's function: make makes the report, and out says where it
// is printed. A report that comes with an error is printed too.
func reporting[R interface {
	comparable
	report.Report
}](p *program, out *outputFlags, make func(ctx context.Context) (R, error)) action {
	return p.run(func(cmd *cobra.Command) error {
		if err := out.check(); err != nil {
			return err
		}
		var none R
		r, err := make(cmd.Context())
		if r == none {
			return err
		}
		return errors.Join(p.print(out, r), err)
	})
}

// print prints a report.
func (p *program) print(out *outputFlags, r report.Report) error {
	p.console.clear()
	return out.print(p, r)
}
