package tui

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// TestTrainingSaysThatRunsAreLeftOut: the last runs, and of how many.
func TestTrainingSaysThatRunsAreLeftOut(t *testing.T) {
	all := someTraining(20, 10, "cifar_resnet20", "cifar_resnet20", "cifar_resnet20", "cifar_resnet20", "cifar_resnet20")
	for height, want := range map[int]string{4: "last 3 of 5", 6: "run  "} {
		var c canvas
		c.reset(60, height)
		c.drawTracks(rect{0, 0, 60, height}, all.Tracks, curvesFor(all.Tracks, 50))
		title := ""
		for _, cell := range c.cells[:c.w] {
			title += string(cell.r)
		}
		if !strings.HasPrefix(title, "   "+want) {
			t.Errorf("%d lines: the title is %q, want %q", height, title, want)
		}
	}
}

func TestTrainingHasATabOnlyWhenThereIsSome(t *testing.T) {
	m := screen(t, "cifar_resnet20", 120, 24)
	if s := plain(m); strings.Contains(s, "Training") {
		t.Errorf("a tab for training that there is not:\n%s", s)
	}
}

func TestSmoothedKeepsTheMean(t *testing.T) {
	k := someTraining(101, 10, "cifar_resnet20").Tracks[0]
	x, y := smoothed(k.Steps, 10)
	if len(x) != 11 || x[0] != 10 || x[10] != 101 {
		t.Fatalf("points at %v", x)
	}
	sum := 0.0
	for _, s := range k.Steps[:10] {
		sum += s.Loss
	}
	if math.Abs(y[0]-sum/10) > 1e-12 || y[10] != k.Steps[100].Loss {
		t.Errorf("the first point is %v, want %v; the last %v", y[0], sum/10, y[10])
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
