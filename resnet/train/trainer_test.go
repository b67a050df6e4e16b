package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// patches is a data set of 3×8×8 images, whose class is the quarter that is bright.
type patches struct {
	n    int
	seed uint64
	bad  int // the image with a non-finite value, or −1
}

func (p patches) Len() int             { return p.n }
func (p patches) Shape() (c, h, w int) { return 3, 8, 8 }
func (p patches) Classes() []string    { return make([]string, 4) }
func (p patches) Read(i int, dst []float32) (int, error) {
	class := i % 4
	tensor.NewStream(p.seed, fmt.Sprint("patch ", i)).Normals(dst, 0, 0.5)
	for j := range dst {
		if y, x := j/8%8, j%8; y/4*2+x/4 == class {
			dst[j]++
		}
	}
	if i == p.bad {
		dst[5] = float32(math.Inf(1))
	}
	return class, nil
}

// tiny is a net that trains in a moment.
func tiny(t *testing.T, change func(*resnet.Config)) *resnet.Model {
	t.Helper()
	c := resnet.Config{Family: resnet.CIFAR, Depth: 8, Height: 8, Width: 8, Classes: 4, Batch: 8}
	if change != nil {
		change(&c)
	}
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newDevice(t *testing.T) tensor.Device {
	t.Helper()
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

func options(change func(*Options)) Options {
	o := Options{
		Settings: Settings{
			Epochs: 3, Batch: 8, Seed: 1, Schedule: Schedule{Rate: 0.05, Decay: Cosine, WarmUp: 0.5},
			SGD: nn.SGD{Momentum: 0.9, Decay: 1e-4}, Augment: true, Data: "patches",
		},
		Images: patches{44, 1, -1}, Test: patches{20, 2, -1}, Session: nn.SessionOptions{Threads: 2},
	}
	if change != nil {
		change(&o)
	}
	return o
}

// weights reads a checkpoint's tensors.
func weights(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][]float32{}
	for _, name := range f.Names() {
		x, err := f.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = x.Data
	}
	return all
}

func sameWeights(t *testing.T, a, b string) {
	t.Helper()
	x, y := weights(t, a), weights(t, b)
	if len(x) != len(y) {
		t.Errorf("%d and %d tensors", len(x), len(y))
	}
	for name, values := range x {
		for i, v := range values {
			if math.Float32bits(v) != math.Float32bits(y[name][i]) {
				t.Fatalf("%s[%d] is %v and %v", name, i, v, y[name][i])
			}
		}
	}
}

func TestTrainLearns(t *testing.T) {
	steps := 0
	r, err := Train(t.Context(), newDevice(t), tiny(t, nil), options(func(o *Options) {
		o.Epochs, o.Augment = 6, false
		o.Observe = func(e Event) {
			if e.Step != nil {
				steps++
			}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 30 || steps != 30 || r.Epochs != 6 || r.Checkpoint != "" || r.Seconds <= 0 {
		t.Errorf("%+v after %d events", r, steps)
	}
	final := *r.Final
	if final.TrainError > 0.05 || *final.TestError > 0.1 || !(final.TrainLoss < 0.3) || !(*final.TestLoss < 0.6) {
		t.Errorf("it did not learn: %+v", final)
	}
}

// TestResumeIsExact: a run that is interrupted anywhere and resumed with another number
// of threads has the same bits and history as one that wasn't interrupted.
func TestResumeIsExact(t *testing.T) {
	dev, dir := newDevice(t), t.TempDir()
	straight := run(t, dev, filepath.Join(dir, "straight"), context.Background(), nil)
	for _, stop := range []int{1, 5, 7} {
		folder := filepath.Join(dir, fmt.Sprint("stopped at ", stop))
		ctx, cancel := context.WithCancel(t.Context())
		broken := run(t, dev, folder, ctx, func(o *Options) {
			o.Observe = func(e Event) {
				if e.Step != nil && e.Step.Step == stop {
					cancel()
				}
			}
		})
		if broken.err == nil || broken.Steps != stop || broken.Checkpoint == "" {
			t.Fatalf("stopped at %d: %+v", stop, broken)
		}
		// A run that was killed has written lines that the resumed run writes again.
		appendFile(t, broken.history,
			`{"model":"cifar_resnet8","seed":1,"step":9,"epoch":2,"lr":0.1,"loss":3}`+"\n"+`{"model":"cifar_re`)
		resumed := run(t, dev, folder, t.Context(), func(o *Options) { o.Resume, o.Session.Threads = true, 1 })
		if resumed.err != nil {
			t.Fatal(resumed.err)
		}
		sameWeights(t, straight.Checkpoint, resumed.Checkpoint)
		if a, b := readFile(t, straight.history), readFile(t, resumed.history); !bytes.Equal(a, b) {
			t.Errorf("stopped at %d: histories differ:\n%s\n%s", stop, a, b)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*step*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

type testRun struct {
	Result
	history string
	err     error
}

// run trains with checkpoints and a history in folder.
func run(t *testing.T, dev tensor.Device, folder string, ctx context.Context, change func(*Options)) testRun {
	t.Helper()
	o := options(func(o *Options) { o.Folder = folder })
	if change != nil {
		change(&o)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path, open := filepath.Join(folder, "history.jsonl"), NewHistory
	if o.Resume {
		open = ContinueHistory
	}
	h := open(path)
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	o.History = h
	r, err := Train(ctx, dev, tiny(t, nil), o)
	return testRun{r, path, err}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func appendFile(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFinishedRunEndsAtOnce(t *testing.T) {
	dev, folder := newDevice(t), t.TempDir()
	first := run(t, dev, folder, t.Context(), func(o *Options) { o.Epochs, o.SaveEvery = 1, 2 })
	if first.err != nil {
		t.Fatal(first.err)
	}
	again := run(t, dev, folder, t.Context(), func(o *Options) {
		o.Epochs, o.Resume = 1, true
		o.Observe = func(e Event) {
			if e.Begin == nil || !e.Begin.Done {
				t.Errorf("it did something: %+v", e)
			}
		}
	})
	if again.err != nil || again.Checkpoint != first.Checkpoint || again.Steps != 5 ||
		*again.Final.TestError != *first.Final.TestError {
		t.Errorf("%+v, %v", again, again.err)
	}
}

func TestResumeRefuses(t *testing.T) {
	dev, folder := newDevice(t), t.TempDir()
	if r := run(t, dev, folder, t.Context(), func(o *Options) { o.Epochs = 1 }); r.err != nil {
		t.Fatal(r.err)
	}
	for name, c := range map[string]struct {
		change func(*Options)
		net    func(*resnet.Config)
		want   string
	}{
		"plain": {nil, func(c *resnet.Config) { c.Plain = true }, "no checkpoint of cifar_plain8 with seed 1"},
		"classes": {
			nil, func(c *resnet.Config) { c.Classes = 5 }, "of cifar_resnet8 for images of 3×8×8, 4 classes, not of",
		},
		"seed":   {func(o *Options) { o.Seed = 2 }, nil, "with seed 2"},
		"rate":   {func(o *Options) { o.Schedule.Rate = 0.1 }, nil, "schedule was {Rate:0.05"},
		"data":   {func(o *Options) { o.Data = "others" }, nil, "data was patches and is others"},
		"epochs": {func(o *Options) { o.Epochs = 5 }, nil, "would have changed the learning rate"},
		"anew":   {func(o *Options) { o.Resume = false }, nil, "already has checkpoints of cifar_resnet8 with seed 1"},
		"folder": {func(o *Options) { o.Folder += "/no" }, nil, "there is no folder"},
	} {
		o := options(func(o *Options) { o.Folder, o.Resume, o.Epochs = folder, true, 1 })
		if c.change != nil {
			c.change(&o)
		}
		_, err := Train(t.Context(), dev, tiny(t, c.net), o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestDamagedNotes: a checkpoint with damaged notes is an error.
func TestDamagedNotes(t *testing.T) {
	m := tiny(t, nil)
	o := options(func(o *Options) { o.Resume = true })
	for position, want := range map[string]string{
		`{"step":3,"epoch":0,"seen":24}`: "",
		`{"step":3,"epoch":0,"seen":23}`: "position is damaged",
		`{"step":-1,"epoch":0}`:          "position is damaged",
		`{"step":999,"epoch":1}`:         "position is damaged",
		`{"step":5,"epoch":1,"seen":0}`:  "position is damaged",
		`{"step":"x"}`:                   "position is damaged",
	} {
		o.Folder = t.TempDir()
		settings, err := json.Marshal(o.Settings)
		if err != nil {
			t.Fatal(err)
		}
		notes := map[string]string{
			notesKind: notesVersion, notesNet: describe(m), notesSettings: string(settings), notesPosition: position,
		}
		path := filepath.Join(o.Folder, Run{m.Name, 1}.stepFile(3))
		if err := checkpoint.WriteSafetensors(path, kept(m, o.SGD), zeros{}, notes); err != nil {
			t.Fatal(err)
		}
		tr := &trainer{Options: o, model: m, run: Run{m.Name, o.Seed}}
		if err := tr.prepare(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", position, err, want)
		}
	}
}

type zeros struct{}

func (zeros) Load(tensor.Param, *tensor.Tensor) error { return nil }

// TestMoreEpochs: epochs may be added if the schedule so far doesn't depend on them.
func TestMoreEpochs(t *testing.T) {
	dev, dir := newDevice(t), t.TempDir()
	constant := func(epochs int) func(*Options) {
		return func(o *Options) {
			o.Epochs, o.Schedule, o.Resume = epochs, Schedule{Rate: 0.05, Decay: Constant}, epochs == 2
		}
	}
	whole := run(t, dev, filepath.Join(dir, "a"), t.Context(), func(o *Options) { constant(2)(o); o.Resume = false })
	run(t, dev, filepath.Join(dir, "b"), t.Context(), constant(1))
	longer := run(t, dev, filepath.Join(dir, "b"), t.Context(), constant(2))
	if err := errors.Join(whole.err, longer.err); err != nil {
		t.Fatal(err)
	}
	sameWeights(t, whole.Checkpoint, longer.Checkpoint)
}

func TestDivergence(t *testing.T) {
	dev := newDevice(t)
	for name, c := range map[string]struct {
		change func(*Options)
		net    func(*resnet.Config)
		want   string
	}{
		"rate": {
			func(o *Options) { o.Schedule = Schedule{Rate: 1e30, Decay: Constant} },
			func(c *resnet.Config) { c.Norm = resnet.NormNone }, "the first non-finite value was",
		},
		"image": {func(o *Options) { o.Images = patches{44, 1, 3} }, nil, "was an image in step"},
	} {
		folder := t.TempDir()
		o := options(func(o *Options) { o.Folder = folder })
		c.change(&o)
		_, err := Train(t.Context(), dev, tiny(t, c.net), o)
		var diverged *DivergedError
		if !errors.As(err, &diverged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSaveFails: a checkpoint that can't be written leaves the previous one intact.
func TestSaveFails(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("as root, a folder's permissions don't bind: a folder in the file's place stands in for a full disk")
	}
	dev, folder := newDevice(t), t.TempDir()
	blocked := filepath.Join(folder, Run{"cifar_resnet8", 1}.epochFile(2))
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := run(t, dev, folder, t.Context(), nil)
	if r.err == nil || !strings.Contains(r.err.Error(), "was not written") {
		t.Fatalf("%v", r.err)
	}
	if filepath.Base(r.Checkpoint) != (Run{"cifar_resnet8", 1}).epochFile(1) || len(weights(t, r.Checkpoint)) == 0 {
		t.Errorf("the last checkpoint is %s", r.Checkpoint)
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	h := NewHistory(filepath.Join(dir, "h.jsonl"))
	nets := []*resnet.Model{tiny(t, func(c *resnet.Config) { c.Plain = true }), tiny(t, nil)}
	o := options(func(o *Options) { o.Epochs, o.History, o.Folder = 2, h, dir })
	c, err := Compare(t.Context(), newDevice(t), nets, []uint64{1, 2}, o)
	if err := errors.Join(err, h.Close()); err != nil {
		t.Fatal(err)
	}
	if len(c.Results) != 4 || c.Results[2].Model != "cifar_plain8" || c.Results[2].Seed != 2 {
		t.Fatalf("%+v", c.Results)
	}
	tracks, bad, err := ReadHistory(bytes.NewReader(readFile(t, filepath.Join(dir, "h.jsonl"))))
	if err != nil || bad != 0 || len(tracks) != 4 || len(tracks[3].Steps) != 10 || len(tracks[3].Epochs) != 2 {
		t.Fatalf("%d tracks, %d bad lines, %v", len(tracks), bad, err)
	}
	s := Summarise(tracks)
	if len(s.Outcomes) != 2 || s.Epoch != 2 || s.Outcomes[1].TrainLoss.N != 2 || len(s.Ratios) != 1 {
		t.Fatalf("%+v", s)
	}
	a, b := c.Results[1].Final.TrainLoss, c.Results[3].Final.TrainLoss
	if got := s.Outcomes[1].TrainLoss; got.Mean != a/2+b/2 || got.Min != min(a, b) || got.Max != max(a, b) {
		t.Errorf("%+v of %v and %v", got, a, b)
	}
	if got := s.Ratios[0]; got.A != "cifar_plain8" || got.B != "cifar_resnet8" || got.Ratio.N != 2 {
		t.Errorf("%+v", got)
	}
}

func TestWorthComparing(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"cifar_plain56", "cifar_resnet56"}: true, {"cifar_resnet56", "cifar_plain56"}: false,
		{"cifar_plain56", "cifar_plain20"}: true, {"cifar_plain20", "cifar_plain56"}: false,
		{"cifar_plain56", "cifar_resnet20"}: false, {"resnet50", "resnet18"}: true, {"mine", "resnet18"}: false,
	} {
		if worthComparing(pair[0], pair[1]) != want {
			t.Errorf("%v: %v", pair, !want)
		}
	}
}

func TestReadHistory(t *testing.T) {
	lines := "nonsense\n{\"x\":1}\n" +
		"{\"model\":\"a\",\"seed\":1,\"step\":1,\"epoch\":1,\"lr\":0.1,\"loss\":2}\n" +
		"{\"model\":\"a\",\"se"
	tracks, bad, err := ReadHistory(strings.NewReader(lines))
	if err != nil || bad != 3 || len(tracks) != 1 || tracks[0].Steps[0].Loss != 2 {
		t.Errorf("%v, %d bad, %v", tracks, bad, err)
	}
	if _, _, err := ReadHistory(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil {
		t.Error("an endless line was read")
	}
}
