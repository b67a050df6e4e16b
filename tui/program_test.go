package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest/v2"
	"github.com/charmbracelet/x/vt"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor/tensortest"
)

// lineMode makes the emulator take a line feed for a new line, as a terminal
// does behind the kernel's line discipline.
const lineMode = "\x1b[20h"

// emulator is a terminal that a program runs on.
type emulator struct {
	mu sync.Mutex
	*vt.Emulator
}

// terminalOf starts an emulator and throws its replies away.
func terminalOf(t *testing.T, w, h int) *emulator {
	e := &emulator{Emulator: vt.NewEmulator(w, h)}
	if _, err := e.WriteString(lineMode); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, e.Emulator)
	return e
}

func (e *emulator) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.Emulator.Write(p)
}

func (e *emulator) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return ansi.Strip(e.Render())
}

// awaitText polls the emulator until it shows what matches.
func (e *emulator) awaitText(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s := e.text(); re.MatchString(s) {
			return s
		}
	}
	t.Fatalf("%q does not appear on\n%s", pattern, e.text())
	return ""
}

// TestProgram runs the whole screen on an emulated terminal.
func TestProgram(t *testing.T) {
	term := terminalOf(t, 120, 24)
	keys, typed := io.Pipe()
	d := fake(func(d *tensortest.Fake) { d.Delay = 50 * time.Microsecond })
	session := nn.SessionOptions{Fuse: true, Seed: 1, Threads: 2}
	e := start(t, live.Options{Model: build(t, "resnet50"), Device: d, Session: session})
	o := Options{Engine: e, In: keys, Out: term, Environ: []string{"TERM=xterm-256color"}, Theme: ThemeDark}
	m := New(o)
	ended := make(chan error, 1)
	options := streams{o.In, o.Out, o.Environ}.options(context.Background())
	p := tea.NewProgram(m, append(options, tea.WithWindowSize(120, 24))...)
	go func() {
		_, err := p.Run()
		ended <- err
	}()
	press := func(s string) {
		if _, err := typed.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	term.awaitText(t, `● forward .* img/s ±`)
	press(" ")
	term.awaitText(t, `‖ paused`)
	press("s")
	s := term.awaitText(t, `→ step 1/\d+`)
	if !strings.Contains(s, "mean") || !strings.Contains(s, "std") {
		t.Errorf("no column of means while stepping:\n%s", s)
	}
	press(" ")
	term.awaitText(t, `● forward`)
	press("]")
	term.awaitText(t, `2×3×224×224`)
	press("f")
	term.awaitText(t, `forward unfused`)
	press("/fc\r")
	term.awaitText(t, `/fc .* rows`)
	p.Send(tea.WindowSizeMsg{Width: 60, Height: 15})
	term.awaitText(t, `space pause  s step  \? help`)
	press("q")
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ends with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("q does not end the program")
	}
}

// TestFirstFrame holds the tree's first picture under 100 ms for the deepest
// net, from before the tree is made.
func TestFirstFrame(t *testing.T) {
	for _, arch := range []string{"resnet101", "cifar_resnet1202"} {
		model := build(t, arch)
		began := time.Now()
		gate := make(chan struct{})
		d := fake(func(d *tensortest.Fake) { d.CompileGate = gate })
		e := start(t, live.Options{Model: model, Device: d, Session: nn.SessionOptions{Fuse: true}})
		m := New(Options{Engine: e})
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 24})
		s := plain(m)
		took := time.Since(began)
		if !strings.Contains(s, "layer1") || !strings.Contains(s, arch) {
			t.Errorf("%s: the first frame has no tree:\n%s", arch, s)
		}
		t.Logf("%s: first frame after %v", arch, took)
		if took > 10*time.Second { // a hundred times the aim: a machine under load is not a failure
			t.Errorf("%s: the first frame took %v", arch, took)
		}
		await(t, m.engine, "weights", func(s *live.State) bool { return s.Progress.Total > 0 })
		m.Update(engineMsg{})
		if s := plain(m); !strings.Contains(s, "◌ weights") {
			t.Errorf("%s: no progress in\n%s", arch, s)
		}
		close(gate)
		e.Close()
	}
}

// TestErrorsAreShown holds that an engine that breaks leaves a screen that
// says so and can be left.
func TestErrorsAreShown(t *testing.T) {
	d := fake(func(d *tensortest.Fake) { d.CompileError = errFake })
	m := New(Options{Engine: start(t, live.Options{Model: build(t, "resnet18"), Device: d})})
	tm := teatest.NewTestModel(t, m, teatest.WithInitialTermSize(80, 24))
	await(t, m.engine, "failure", isAt(live.Failed))
	tm.Send(engineMsg{})
	tm.Type("q")
	final := tm.FinalModel(t, teatest.WithFinalTimeout(5*time.Second)).(*Model)
	if s := plain(final); !strings.Contains(s, "✗ the fake device is broken") {
		t.Errorf("no error in\n%s", s)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e := start(t, live.Options{Model: build(t, "resnet18"), Device: fake(nil)})
	o := Options{Engine: e, In: strings.NewReader(""), Out: terminalOf(t, 80, 24)}
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := Run(ctx, o); err != context.Canceled {
		t.Errorf("Run returns %v", err)
	}
}

// TestSignalsAreLeftToTheContext: the terminal's library would take SIGTERM for a quit,
// and race with the context that the signal ends.
func TestSignalsAreLeftToTheContext(t *testing.T) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM)
	defer signal.Stop(caught)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	keys, typed := io.Pipe()
	defer typed.Close()
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- runProgram(ctx, stillModel{started}, streams{keys, io.Discard, []string{"TERM=xterm"}})
	}()
	<-started
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-caught
	select {
	case err := <-ended:
		t.Fatalf("SIGTERM ended the program with %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want the context's error", err)
	}
}

// stillModel is a program that only reports that it has started.
type stillModel struct{ started chan struct{} }

func (m stillModel) Init() tea.Cmd {
	return func() tea.Msg {
		close(m.started)
		return nil
	}
}

func (m stillModel) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }

func (m stillModel) View() tea.View { return page("", "") }
