// Command resnet-tui-browser opens what the program exports in a real browser
// without a window: the HTML report by itself, and the profiles in speedscope.
// It prints each check, and exits with 1 if one fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// options are the command line's.
type options struct {
	program, speedscope, chromium string
	limit                         time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.program, "program", "", "the built resnet-tui")
	flag.StringVar(&o.speedscope, "speedscope", "", "the folder of speedscope's package that holds its index.html")
	flag.StringVar(&o.chromium, "chromium", "chromium", "the browser")
	flag.DurationVar(&o.limit, "limit", 3*time.Minute, "how long all checks may take")
	flag.Parse()
	if err := o.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	c := &checks{}
	if err := o.run(c); err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
	if c.failed > 0 {
		fmt.Printf("FAILED: %d of %d checks\n", c.failed, c.failed+c.held)
		os.Exit(1)
	}
	fmt.Printf("%d checks hold\n", c.held)
}

// check reports what is missing before anything starts.
func (o *options) check() error {
	if o.program == "" || o.speedscope == "" {
		return errors.New("usage: go run . -program PATH -speedscope DIR [-chromium PATH]")
	}
	var err error
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.speedscope, "index.html")); err != nil {
		return fmt.Errorf("speedscope is not in -speedscope: %w", err)
	}
	if o.chromium, err = exec.LookPath(o.chromium); err != nil {
		return fmt.Errorf("no browser to check with: %w; install chromium, or name one with -chromium", err)
	}
	return nil
}

// run makes the exports in a temporary folder, and checks each of them.
func (o *options) run(c *checks) (err error) {
	dir, err := os.MkdirTemp("", "resnet-tui-browser")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), o.limit)
	defer cancel()
	exports, err := makeExports(ctx, o.program, dir)
	if err != nil {
		return err
	}
	b, err := startBrowser(ctx, o.chromium, filepath.Join(dir, "user"))
	if err != nil {
		return err
	}
	for _, e := range exports {
		if err := b.checkReport(c, e); err != nil {
			return errors.Join(err, b.stop())
		}
	}
	return errors.Join(b.checkSpeedscope(c, o.speedscope, exports[0]), b.stop())
}
