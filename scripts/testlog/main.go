// Testlog prints the events of go test -json as go test prints its log: a line for each
// package, and what tests that failed said. Then it names the slowest tests, so that a slow
// one stands out before many of them do.
//
//	go test -json ./... | go run ./scripts/testlog
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// slowest is how many tests are named.
const slowest = 10

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testlog:", err)
		os.Exit(1)
	}
}

// run reads events until they end. A line that is no event is printed as it is.
func run(in io.Reader, out io.Writer) error {
	l := log{said: map[test][]string{}, out: out}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if json.Unmarshal(line, &e) == nil {
			l.take(e)
		} else {
			out.Write(line)
		}
		if err == io.EOF {
			l.printSlowest()
			return nil
		} else if err != nil {
			return err
		}
	}
}

// event is what go test -json writes a line of: go doc test2json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds, of a test that ended
}

// test is a test of a package, or the package itself if its name is empty.
type test struct{ pkg, name string }

// timed is a test that ended, and its time in seconds.
type timed struct {
	test
	seconds float64
}

// log is what is known of tests that run.
type log struct {
	said  map[test][]string // what tests have written that may yet fail
	times []timed
	out   io.Writer
}

// take notes an event.
func (l *log) take(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		io.WriteString(l.out, e.Output)
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") && e.Output != "PASS\n" {
			l.said[t] = append(l.said[t], e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			l.printUnfinished(e.Package)
		}
		if e.Action == "fail" || e.Test == "" {
			io.WriteString(l.out, strings.Join(l.said[t], ""))
		}
		delete(l.said, t)
		if e.Test != "" {
			l.times = append(l.times, timed{t, e.Elapsed})
		}
	}
}

// printUnfinished prints what tests wrote that had no end: one of them stopped its package,
// by a panic or for lack of time.
func (l *log) printUnfinished(pkg string) {
	for _, t := range slices.SortedFunc(maps.Keys(l.said), func(a, b test) int { return cmp.Compare(a.name, b.name) }) {
		if t.pkg == pkg && t.name != "" {
			io.WriteString(l.out, strings.Join(l.said[t], ""))
			delete(l.said, t)
		}
	}
}

// printSlowest names the slowest tests and parts of tests. A test with parts is named by them
// alone, and parts of parts are not named.
func (l *log) printSlowest() {
	parents := map[test]bool{}
	for _, t := range l.times {
		if parent, _, ok := strings.Cut(t.name, "/"); ok {
			parents[test{t.pkg, parent}] = true
		}
	}
	times := slices.DeleteFunc(l.times, func(t timed) bool {
		return parents[t.test] || strings.Count(t.name, "/") > 1
	})
	slices.SortStableFunc(times, func(a, b timed) int { return int(1e3 * (b.seconds - a.seconds)) })
	for _, t := range times[:min(slowest, len(times))] {
		fmt.Fprintf(l.out, "slow  %6.1f s  %s  %s\n", t.seconds, t.pkg, t.name)
	}
}
