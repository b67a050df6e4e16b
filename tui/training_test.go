package tui

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/charmbracelet/x/exp/teatest/v2"

	"resnet-tui/resnet/train"
)

// someTraining is made up: a loss that falls by a power of the step.
func someTraining(steps, perEpoch int, models ...string) *Training {
	t := &Training{Note: "synthetic:1000, 3.2 s left"}
	for i, name := range models {
		k := &train.Track{Run: train.Run{Model: name, Seed: uint64(i/2 + 1)}}
		for s := 1; s <= steps; s++ {
			noise := 0.1 * math.Sin(float64(s*s))
			loss := 2.3*math.Pow(float64(s), -0.1*float64(i+1)) + noise
			k.Steps = append(k.Steps, train.StepRecord{Run: k.Run, Step: s, Epoch: (s-1)/perEpoch + 1, Rate: 0.1, Loss: loss})
			if s%perEpoch == 0 {
				test := 0.9 * math.Pow(float64(s), -0.05*float64(i+1))
				k.Epochs = append(k.Epochs, train.EpochRecord{
					Run: k.Run, Epoch: s / perEpoch, Step: s, TrainLoss: loss, TrainError: test - 0.02, TestError: &test,
				})
			}
		}
		t.Tracks = append(t.Tracks, k)
	}
	return t
}

func TestTrainingView(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {80, 24}, {60, 12}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "cifar_resnet20", size[0], size[1])
			m.opts.Training = func() (*Training, error) { return nil, nil }
			m.show(viewOf[*trainingView](m))
			nets := []string{"cifar_resnet20", "cifar_plain20", "cifar_resnet56", "cifar_plain56"}
			m.Update(trainingMsg{training: someTraining(400, 50, nets...)})
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestRunsScroll: the newest runs are listed, and the older ones by scrolling; the title
// says which.
func TestRunsScroll(t *testing.T) {
	nets := slices.Repeat([]string{"cifar_resnet20", "cifar_plain20"}, 6)
	w := newWatch(&WatchOptions{Title: "x", Training: func() (*Training, error) { return nil, nil }})
	w.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	w.Update(trainingMsg{training: someTraining(40, 10, nets...)})
	for _, c := range []struct{ press, title, first string }{
		{"", "last 7 of 12", "3"}, {"up", "5…11 of 12", "3"}, {"g", "1…7 of 12", "1"}, {"G", "last 7 of 12", "3"},
	} {
		if c.press != "" {
			w.Update(pressed(c.press))
		}
		_, table, ok := strings.Cut(ansi.Strip(w.View().Content), c.title)
		if !ok {
			t.Fatalf("after %q there is no %q in\n%s", c.press, c.title, ansi.Strip(w.View().Content))
		}
		row := strings.Fields(strings.Split(table, "\n")[1])
		if row[2] != c.first {
			t.Errorf("after %q the first row is %v, want seed %s", c.press, row, c.first)
		}
	}
	w.Update(pressed("g"))
	w.Update(trainingMsg{training: someTraining(40, 10, append(nets, "cifar_resnet20")...)})
	if s := ansi.Strip(w.View().Content); !strings.Contains(s, "1…7 of 13") {
		t.Errorf("a new run scrolls away from what is read:\n%s", s)
	}
}

func TestTrainingHasATabOnlyWhenThereIsSome(t *testing.T) {
	m := screen(t, "cifar_resnet20", 120, 24)
	if s := plain(m); strings.Contains(s, "Training") {
		t.Errorf("a tab for training that there is not:\n%s", s)
	}
}

func TestLossesAreMeansOfStepsAndSeeds(t *testing.T) {
	all := someTraining(101, 10, "cifar_resnet20", "cifar_resnet20", "cifar_resnet20")
	all.Tracks[1].Seed, all.Tracks[2].Seed = 2, 3
	all.Tracks[2].Steps = all.Tracks[2].Steps[:20] // it has just begun
	k := curvesFor(all.Tracks, 6)                  // of 12 dots
	if len(k.losses) != 1 || k.window != 9 || k.seeds != 3 {
		t.Fatalf("%d curves of windows of %d over %d seeds", len(k.losses), k.window, k.seeds)
	}
	loss := k.losses[0]
	if len(loss.x) != 12 || loss.x[0] != 9 || loss.x[11] != 101 {
		t.Fatalf("points at %v", loss.x)
	}
	var means []float64
	for _, track := range all.Tracks {
		sum := 0.0
		for _, s := range track.Steps[:9] {
			sum += s.Loss
		}
		means = append(means, sum/9)
	}
	if want := (means[0] + means[1] + means[2]) / 3; math.Abs(loss.y[0]-want) > 1e-12 {
		t.Errorf("the first point is %v, want %v", loss.y[0], want)
	}
	if loss.low[0] != slices.Min(means) || loss.high[0] != slices.Max(means) {
		t.Errorf("the band is %v to %v, want %v", loss.low[0], loss.high[0], means)
	}
	if one := curvesFor(all.Tracks[:1], 6).losses[0]; !math.IsNaN(one.low[0]) {
		t.Errorf("one seed has a band from %v", one.low[0])
	}
}

// TestASpikeDoesNotRuleTheAxis: where losses end takes more of the axis than a first step
// that is eight times as high.
func TestASpikeDoesNotRuleTheAxis(t *testing.T) {
	s := lossScale([]curve{{y: []float64{16, 2.3, 1.1, 0.5, 0.31}}})
	spike, _ := s.position(16)
	start, _ := s.position(2.3)
	end, ok := s.position(0.31)
	if !ok || start-end < spike-start {
		t.Errorf("16 stands at %v, 2.3 at %v, 0.31 at %v", spike, start, end)
	}
	if s.low != math.Log10(0.2) || math.Abs(s.high-math.Log10(20)) > 1e-9 {
		t.Errorf("the axis is from %v to %v", math.Pow(10, s.low), math.Pow(10, s.high))
	}
	if s := lossScale([]curve{{y: []float64{0, 1, 2}}}); s.log {
		t.Error("a logarithmic axis has no place for 0")
	}
	for h := 4; h < 40; h++ {
		at := map[int]bool{}
		for _, tick := range s.ticks(h) {
			line := int(math.Round(tick.at * float64(h-1)))
			if at[line] || line < 0 || line >= h {
				t.Errorf("%d lines: label %s on line %d", h, tick.label, line)
			}
			at[line] = true
		}
		if len(at) < 2 {
			t.Errorf("%d lines have %d labels", h, len(at))
		}
	}
}

// TestNetsDiffer: four nets have four hues and four pens.
func TestNetsDiffer(t *testing.T) {
	looks, pens := map[look]bool{}, map[pen]bool{}
	names := []string{"cifar_resnet20", "cifar_plain20", "cifar_resnet56", "cifar_plain56"}
	for _, k := range netPens(someTraining(2, 1, names...).Tracks) {
		looks[k.look], pens[k.pen] = true, true
	}
	if len(looks) != 4 || len(pens) != 4 {
		t.Errorf("%d hues, %d pens", len(looks), len(pens))
	}
}

// TestTestErrorIsDrawn beside the training error, on the same axis.
func TestTestErrorIsDrawn(t *testing.T) {
	k := curvesFor(someTraining(40, 10, "cifar_resnet20", "cifar_plain20").Tracks, 50)
	if len(k.tests) != 2 || len(k.tests[0].y) != 4 {
		t.Fatalf("%d curves of test errors", len(k.tests))
	}
	var c canvas
	c.reset(120, 30)
	c.drawTraining(rect{0, 0, 120, 30}, someTraining(40, 10, "cifar_resnet20"), &runList{})
	for _, want := range []string{"training error by epoch", "test error by epoch"} {
		if s := canvasText(&c); !strings.Contains(s, want) {
			t.Errorf("no %s:\n%s", want, s)
		}
	}
}

// leaving is a watch of a training that can be stopped.
func leaving(t *testing.T) (w *watch, stops *int) {
	t.Helper()
	stops = new(int)
	w = newWatch(&WatchOptions{
		Title: "train", Training: func() (*Training, error) { return nil, nil }, Stop: func() { *stops++ }, Saves: true,
	})
	w.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	w.Update(trainingMsg{training: someTraining(40, 10, "cifar_resnet20")})
	return w, stops
}

// quits reports whether a command ends the program.
func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, quit := cmd().(tea.QuitMsg)
	return quit
}

// TestLeavingATraining asks what is to become of it, for q and ctrl-c alike.
func TestLeavingATraining(t *testing.T) {
	for _, c := range []struct {
		keys  []string
		quits bool
		stops int
		asks  bool
	}{
		{[]string{"q"}, false, 0, true},
		{[]string{"ctrl+c"}, false, 0, true},
		{[]string{"q", "g"}, true, 0, false},
		{[]string{"q", "enter"}, true, 0, false},
		{[]string{"q", "esc"}, false, 0, false},
		{[]string{"q", "q"}, false, 0, false},
		{[]string{"q", "s"}, false, 1, false},
		{[]string{"q", "down", "enter"}, false, 1, false},
		{[]string{"ctrl+c", "ctrl+c"}, true, 1, false},
		{[]string{"q", "s", "ctrl+c"}, true, 1, false},
	} {
		w, stops := leaving(t)
		var cmd tea.Cmd
		for _, k := range c.keys {
			_, cmd = w.Update(pressed(k))
		}
		if quits(cmd) != c.quits || *stops != c.stops || (w.dialog != nil) != c.asks {
			t.Errorf("%v: quits %v, stops %d, asks %v; want %+v", c.keys, quits(cmd), *stops, w.dialog != nil, c)
		}
	}
}

// TestTheEndOfATraining: its figures stay until the user leaves, unless the user had it
// stopped; then nothing is asked.
func TestTheEndOfATraining(t *testing.T) {
	w, _ := leaving(t)
	if s := ansi.Strip(w.View().Content); !strings.Contains(s, "● training") {
		t.Errorf("the header has no state:\n%s", s)
	}
	end := someTraining(40, 10, "cifar_resnet20")
	end.Done = true
	w.Update(pressed("q"))
	_, cmd := w.Update(trainingMsg{training: end})
	if quits(cmd) || w.dialog != nil || !strings.Contains(ansi.Strip(w.View().Content), "✓ ended") {
		t.Errorf("the end quits %v, asks %v:\n%s", quits(cmd), w.dialog != nil, ansi.Strip(w.View().Content))
	}
	if _, cmd = w.Update(pressed("q")); !quits(cmd) {
		t.Error("q does not leave at the end")
	}
	w, _ = leaving(t)
	w.Update(pressed("q"))
	w.Update(pressed("s"))
	if s := ansi.Strip(w.View().Content); !strings.Contains(s, "stopping, saves first") {
		t.Errorf("not said that it stops:\n%s", s)
	}
	if _, cmd = w.Update(trainingMsg{training: end}); !quits(cmd) {
		t.Error("a training that was stopped keeps its screen")
	}
}

// TestWatchHelp: ? lists the keys, and a click chooses an answer of the dialog.
func TestWatchHelp(t *testing.T) {
	w, stops := leaving(t)
	w.Update(pressed("?"))
	if w.dialog == nil || !strings.Contains(ansi.Strip(w.View().Content), "quit") {
		t.Errorf("no help:\n%s", ansi.Strip(w.View().Content))
	}
	w.Update(pressed("esc"))
	w.Update(pressed("q"))
	box := w.dialog.(*leaveDialog).box()
	w.Update(tea.MouseClickMsg{X: box.x + 8, Y: box.y + 2, Button: tea.MouseLeft})
	if *stops != 1 || w.dialog != nil {
		t.Errorf("a click on the second answer stops %d times", *stops)
	}
}

func TestWatch(t *testing.T) {
	calls := make(chan int, 100)
	o := &WatchOptions{Title: "history.jsonl", Training: func() (*Training, error) {
		calls <- 1
		if len(calls) == 1 {
			return nil, errors.New("line 3 is\nno record")
		}
		k := someTraining(100, 20, "cifar_resnet20", "cifar_plain20")
		k.Done = true
		return k, nil
	}}
	tm := teatest.NewTestModel(t, newWatch(o), teatest.WithInitialTermSize(80, 24))
	for _, text := range []string{"line 3 is no record", "cifar_plain20"} { // an error, and then the curves
		shown := func(b []byte) bool { return strings.Contains(ansi.Strip(string(b)), text) }
		teatest.WaitFor(t, tm.Output(), shown, teatest.WithDuration(5*time.Second))
	}
	tm.Type("q")
	final := tm.FinalModel(t, teatest.WithFinalTimeout(5*time.Second)).(*watch)
	if n := len(calls); n != 2 {
		t.Errorf("finished training was asked for %d times", n)
	}
	golden.RequireEqual(t, ansi.Strip(final.View().Content))
	for w := 1; w < 130; w += 9 {
		for h := 1; h < 40; h += 4 {
			final.w, final.h = w, h
			final.View() // no size may harm
		}
	}
}

func TestHistoryFileFollowsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	ask := HistoryFile(path)
	if _, err := ask(); err == nil {
		t.Error("a file that does not exist gives no error")
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	step := `{"model":"cifar_resnet8","seed":1,"step":1,"epoch":1,"lr":0.1,"loss":2.3}` + "\n"
	write(step + "no record\n")
	first, err := ask()
	if err != nil || len(first.Tracks) != 1 || first.Note != "history.jsonl · 1 run · 1 line passed over" {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, _ := ask(); again != first {
		t.Error("a file that has not changed is read again")
	}
	write(step + step + strings.Replace(step, "resnet8", "plain8", 1))
	if more, err := ask(); err != nil || len(more.Tracks) != 2 || len(more.Tracks[0].Steps) != 2 {
		t.Errorf("after it has grown: %+v, %v", more, err)
	}
}
