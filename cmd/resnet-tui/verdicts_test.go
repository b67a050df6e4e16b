package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
)

// TestBaselineCheck: what spells of the machine may explain is inconclusive, exit code 3.
func TestBaselineCheck(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base.json")
	profiled(t, "--format", "json", "-o", base)
	p, err := export.Read(base)
	if err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{"check"}, quick...), "--format", "json", "--baseline")
	var c profile.Checks
	for range 5 { // on a busy machine the run may be within the limit, or far beyond
		now := mustDecode[profile.Profile](t, append([]string{"profile"}, quick...)...)
		third := scaled(t, base, now.Total.TypicalMS/p.Total.TypicalMS/1.5)
		code, out, errs := inProcess(t, append(args, third)...)
		if code == exitUndecided && json.Unmarshal([]byte(out), &c) == nil {
			if x := c.Checks[0]; c.OK || x.OK || x.Verdict != profile.VerdictInconclusive || x.Reason == "" ||
				!strings.Contains(errs, "baseline is inconclusive") {
				t.Errorf("%+v, %s", x, errs)
			}
			return
		}
	}
	t.Error("a run that takes half as long again as the baseline always has a verdict")
}

// TestProcesses: a profile of several processes is one profile, and keeps them apart.
func TestProcesses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.json")
	args := append([]string{"profile"}, quick...)
	pprof := filepath.Join(dir, "a.pb.gz")
	mustRun(t, append(args, "--processes", "3", "--format", "json", "-o", file, "--pprof="+pprof)...)
	p, err := export.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Processes) != 3 || p.Runs != 3*p.Processes[0].Runs || len(p.Total.SamplesMS) != p.Runs {
		t.Fatalf("%d processes, %d runs", len(p.Processes), p.Runs)
	}
	for i, one := range p.Processes {
		if i > 0 && !one.Started.After(p.Processes[i-1].Started) {
			t.Errorf("process %d started at %v", i, one.Started)
		}
		if one.TypicalMS <= 0 || one.LowMS <= 0 || len(one.Layers) != len(p.Layers) || len(one.SamplesMS) != one.Runs {
			t.Errorf("%+v", one)
		}
	}
	d := mustDecode[profile.Diff](t, "diff", file, file)
	if d.AboutA.Processes != 3 || d.TurnAbout || !strings.Contains(d.Reason, "turn about") || d.Total.Significant ||
		d.Total.Interval == nil {
		t.Errorf("%+v", d)
	}
	byPattern := mustDecode[profile.Diff](t, "diff", filepath.Join(dir, "a*.json"), file)
	if byPattern.AboutA.Processes != 3 {
		t.Errorf("a pattern: %+v", byPattern.AboutA)
	}
	none := filepath.Join(dir, "c*.json")
	if code, _, errs := inProcess(t, "diff", none, file); code != exitUsage || !strings.Contains(errs, "no file matches") {
		t.Errorf("a pattern of nothing: exit %d, %s", code, errs)
	}
	if text := mustRun(t, append(args, "--processes", "1")...); !strings.Contains(text, "conv1") {
		t.Errorf("%s", text)
	}
}

// TestProcessesRefused: what can't be measured in processes, and what no process could
// measure, is said in one line.
func TestProcessesRefused(t *testing.T) {
	for _, c := range []struct{ flags, want string }{
		{"--processes 0", "--processes 0: it must be from 1 to 1000"},
		{"--processes -3", "--processes -3: it must be from 1 to 1000"},
		{"--processes many", "must be a whole number"},
		{"--processes 2 --batch 1,2", "the lists ask for several"},
		{"--processes 2 --trace x.json", "record a single process"},
		{"--processes 2 --weights none.pth", "none.pth"},
		{"--processes 2 --labels 1", "--labels are for a backward pass"},
	} {
		code, out, errs := inProcess(t, append(append([]string{"profile"}, quick...), strings.Fields(c.flags)...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %q", c.flags, code, out, errs)
		}
	}
}

// TestInterruptedProcesses: ctrl+c ends the child too, and leaves no file.
func TestInterruptedProcesses(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var out, errs bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &out, err: &errs, self: binary}
	began := time.Now()
	code := p.main(ctx, []string{"profile", "--depth", "50", "--processes", "5", "-o", filepath.Join(dir, "a.txt")})
	if code == exitDone || time.Since(began) > 30*time.Second || out.Len() > 0 {
		t.Errorf("exit %d after %v: %s", code, time.Since(began), errs.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v (%v)", left, err)
	}
}

// TestAgainst: a match with the program itself ends with a verdict, or says why it has
// none; what is no build of it is refused.
func TestAgainst(t *testing.T) {
	args := append([]string{"check"}, quick...)
	itself := append(args, "--against", binary, "--format", "json")
	code, out, errs := inProcess(t, append(itself, "--tolerance=400", "--max-time", "60s")...)
	var c profile.Checks
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("exit %d, %s: %v", code, errs, err)
	}
	x := c.Checks[0]
	if x.Name != "against" || x.Verdict != profile.VerdictNotSlower || !c.OK || code != exitDone ||
		x.Processes < 6 || x.Interval == nil {
		t.Errorf("exit %d, %s: %+v", code, errs, x)
	}
	code, out, errs = inProcess(t, append(itself, "--max-time", "1s", "--tolerance", "0", "--runs", "100")...)
	if code == exitUsage || out == "" {
		t.Errorf("too short: exit %d, %s, %s", code, out, errs)
	}
	script := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho resnet-tui version 0\necho '{}'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct{ program, want string }{
		{"", "the name is empty"}, {filepath.Join(t.TempDir(), "none"), "can't be run"}, {t.TempDir(), "can't be run"},
		{os.DevNull, "can't be run"}, {script, "can't profile this"},
	} {
		code, _, errs := inProcess(t, append(args, "--against", bad.program)...)
		if code != exitUsage || !strings.Contains(errs, bad.want) {
			t.Errorf("%q: exit %d, %s", bad.program, code, errs)
		}
	}
}

func TestFlagsBut(t *testing.T) {
	p := &program{console: newConsole(io.Discard)}
	cmd := checkCommand(p)
	args := strings.Fields("check --depth 18 --against ./old --no-fuse --tolerance=3 -o x --batch=2 " +
		"--format json -ofile --exact")
	want := strings.Fields("--depth 18 --no-fuse --batch=2 --exact")
	if got := flagsBut(cmd, args, []string{"against", "tolerance"}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
