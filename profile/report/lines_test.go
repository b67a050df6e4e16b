package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

func TestCheckLine(t *testing.T) {
	for _, c := range []struct {
		check profile.Check
		want  string
	}{
		{
			profile.Check{Name: "max-params", Value: 2e6, Limit: 1e6, Blame: "fc"},
			"max-params does not hold: 2.00 M, the limit is 1.00 M; most of it in fc",
		},
		{
			profile.Check{Name: "max-memory", Value: 2e6, Limit: 1e6},
			"max-memory does not hold: 2.00 MB, the limit is 1.00 MB",
		},
		{
			profile.Check{Name: "baseline", Value: 12.5, Limit: 10, Blame: "conv1", Verdict: profile.VerdictSlower},
			"baseline does not hold: 12.5 ms, the limit is 10.0 ms; conv1 slowed down most",
		},
		{
			profile.Check{Name: "against", Value: 12.5, Limit: 10, Blame: "total", Verdict: profile.VerdictSlower},
			"against does not hold: 12.5 ms, the limit is 10.0 ms; no layer alone stands out",
		},
		{
			profile.Check{Name: "baseline", Value: 12.5, Limit: 10, Verdict: profile.VerdictInconclusive, Reason: "noise"},
			"baseline is inconclusive: 12.5 ms, the limit is 10.0 ms; noise",
		},
		{
			profile.Check{Name: "against", Verdict: profile.VerdictInconclusive, Reason: "there was no time"},
			"against is inconclusive: there was no time",
		},
	} {
		if got := CheckLine(c.check); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestKernelChange(t *testing.T) {
	for _, c := range [][3]string{
		{"direct", "winograd", "direct → winograd"}, {"direct", "direct", "direct"},
		{"direct", "", "direct"}, {"", "winograd", "winograd"}, {"", "", ""},
	} {
		if got := kernelChange(profile.DiffRow{AKernel: c[0], BKernel: c[1]}); got != c[2] {
			t.Errorf("%q to %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestSettingsLine(t *testing.T) {
	plainest := train.Settings{Batch: 8, Schedule: train.Schedule{Rate: 0.1}}
	if got := settingsLine(plainest); !strings.HasPrefix(got, "batch 8, learning rate 0.1 (") ||
		!strings.HasSuffix(got, "), momentum 0, weight decay 0") {
		t.Errorf("%q", got)
	}
	full := train.Settings{
		Batch: 8, Augment: true, Smoothing: 0.1,
		Schedule: train.Schedule{Rate: 0.1, Decay: train.Cosine, WarmUp: 0.5},
	}
	full.SGD.Momentum, full.SGD.Nesterov = 0.9, true
	for _, want := range []string{
		", warm-up of 0.5 epochs)", "momentum 0.9 (Nesterov)", "images shifted and mirrored",
		"labels smoothed by 0.1",
	} {
		if got := settingsLine(full); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// TestProfileLines: what the system doesn't report is left out, and reasons to doubt
// the times are named.
func TestProfileLines(t *testing.T) {
	p := Profile{Profile: &profile.Profile{Warmup: 5, Device: oneCPU}}
	p.Total.MeanMS = 10
	machine := func(m profile.Machine) string {
		p.Machine = &m
		return p.machineLine(&m)
	}
	peak := func(holders ...profile.Holder) string {
		return p.peakLine(&profile.MemoryPeak{Path: "conv1", Pass: "forward", LiveBytes: 4e6, Holders: holders})
	}
	onGPU := Profile{Profile: &profile.Profile{Device: oneGPU}}
	one := profile.Holder{Name: "conv1", Bytes: 1e6}
	spread := *p.Profile
	spread.WarmupSpread = 0.02
	for got, want := range map[string]string{
		p.warmupWords():                         "5 to warm up",
		Profile{Profile: &spread}.warmupWords(): "5 to warm up, the last 3 within 2.0 %",
		machine(profile.Machine{}):              "CPU time is not available on this system",
		machine(profile.Machine{CPUMS: 15, Preempted: 2}): "15.0 ms of all threads in a pass, " +
			"75.0 % of 2 × wall time; threads lost their core 2.00 times per pass",
		machine(profile.Machine{Processors: 2, OthersCores: 1.9}): "CPU time is not available on this system; " +
			"other programs used 1.90 of 2 cores – BUSY, times are too long",
		peak(one): "4.00 MB live during conv1 (forward): conv1 1.00 MB",
		peak(one, one, one, one): "4.00 MB live during conv1 (forward): " +
			"conv1 1.00 MB, conv1 1.00 MB, conv1 1.00 MB and 1 more",
		onGPU.memoryLine():                         "0 B planned on the device (0 B of them weights)",
		onGPU.cpuTime(&profile.Machine{CPUMS: 15}): "15.0 ms of the CPU in a pass",
		p.memoryLine():                             "0 B planned (0 B of them weights)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestPlot: the newest times are kept, the highest column is full, and equal
// times are equally high.
func TestPlot(t *testing.T) {
	want := "  4.00 ms ┤█ █\n" +
		"          ┤█ █\n" +
		"          ┤███\n" +
		"        0 ┤███\n" +
		"           p50 of 3 profiles, first 4.00 ms, last 4.00 ms (+0.0 %)"
	if got := plot([]float64{4, 2, 4}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	many := make([]float64, plotCells+10)
	many[0] = 100 // too old to be shown
	many[len(many)-1] = 1
	got := plot(many)
	if !strings.HasPrefix(got, "  1.00 ms ┤") || !strings.Contains(got, "p50 of 60 profiles, first 0 ns") {
		t.Errorf("of %d profiles:\n%s", len(many), got)
	}
	if got := plot([]float64{0, 0}); !strings.Contains(got, "last 0 ns (–)") {
		t.Errorf("of nothing:\n%s", got)
	}
}

func TestThinned(t *testing.T) {
	steps := make([]train.StepRecord, 5)
	for i := range steps {
		steps[i].Loss = float64(i)
	}
	for _, c := range []struct {
		n    int
		want []float64
	}{{10, []float64{0, 1, 2, 3, 4}}, {2, []float64{0.5, 3}}, {1, []float64{2}}} {
		got := thinned(steps, c.n)
		if len(got) != len(c.want) {
			t.Fatalf("%d stretches: %v", c.n, got)
		}
		for i := range got {
			if diff := got[i] - c.want[i]; diff > 1e-12 || diff < -1e-12 {
				t.Errorf("%d stretches: %v, want %v", c.n, got, c.want)
			}
		}
	}
	if got := thinned(nil, 3); len(got) != 0 {
		t.Errorf("no steps: %v", got)
	}
}

// TestDepthRatio: the first block's gradient over the last one's, if there are two
// blocks and the ratio is finite.
func TestDepthRatio(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
		ok   bool
	}{
		{[]float64{4, 9, 2}, 2, true}, {[]float64{0, 2}, 0, true}, {[]float64{4}, 0, false}, {nil, 0, false},
		{[]float64{4, 0}, 0, false}, {[]float64{nan, 2}, 0, false}, {[]float64{0, 0}, 0, false},
	} {
		r := &Run{}
		for _, v := range c.in {
			r.Blocks = append(r.Blocks, BlockGrad{GradIn: Number(v)})
		}
		if ratio, ok := r.depthRatio(); ok != c.ok || ok && ratio != c.want {
			t.Errorf("%v: %g, %v", c.in, ratio, ok)
		}
	}
}

func TestFacts(t *testing.T) {
	var f facts
	f.add("net", "100 % of it")
	f.addf("parameters", "%d", 5)
	f.add("", "more")
	var b bytes.Buffer
	if err := f.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "net         100 % of it\nparameters  5\n            more\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestConventions: only multiples of the multiply-adds have figures per layer, and
// programs always get multiply-adds.
func TestConventions(t *testing.T) {
	m := build(t, tinyNet)
	for name, want := range map[string]Cell{
		"macs": {"1.00 k", "1000"}, "flops": {"2.00 k", "1000"}, "torch": {"2.00 k", "1000"},
		"thop": {"1.00 k", "1000"},
	} {
		c, err := FindConvention(m, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.cell(1000); got != want || c.Doubled() != (c.title() == "FLOPs") {
			t.Errorf("%s: %q under %s, want %q", name, got, c.title(), want)
		}
		if f := c.facts(); len(f) != 1 || f[0].name != name {
			t.Errorf("%s: facts %q", name, f)
		}
	}
	if f := (Convention{}).facts(); f != nil {
		t.Errorf("no convention: facts %q", f)
	}
	if _, err := FindConvention(build(t, resnet.Config{}), "wheels"); err == nil {
		t.Error("an unknown convention was found")
	}
}

// TestLesionLines: what is unknown of the intact net is left out.
func TestLesionLines(t *testing.T) {
	r := &Run{TimeNS: 1e6, Effect: &LesionEffect{Images: 8, Moved: 3, KL: 0.5, IntactNS: 2e6,
		Time: &profile.TimeEffect{Interval: &[2]float64{0.99, 1.02}}}}
	want := facts{
		{"lesions", "top-1 class changed for 3 of 8 images, KL(intact ‖ with lesions) 0.500 nats"},
		{"", "time within noise, −1.0 to +2.0 %"},
	}
	got := r.effectFacts()
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%q, want %q", got, want)
	}
	r.Loss, r.Effect.IntactLoss = known(Number(2)), known(Number(1))
	r.Effect.Correct, r.Effect.WasCorrect = known(4), known(6)
	r.Blocks, r.Effect.IntactGrads = []BlockGrad{{Path: "layer1.0", GradIn: 2}},
		[]BlockGrad{{Path: "layer1.0", GradIn: 4}}
	got = r.effectFacts()
	if len(got) != 4 || !strings.HasSuffix(got[0].text, ", right 6 → 4") || got[1].text != "loss 1.00 → 2.00" ||
		got[2].text != "‖∂L/∂x‖ at layer1.0 4.00 → 2.00" {
		t.Errorf("%q", got)
	}
	if f := (&Run{}).effectFacts(); f != nil {
		t.Errorf("no lesions: %q", f)
	}
}

// TestSetEffect: two images of two classes; the lesion changes the class of the
// first. Labels count only if they are true ones.
func TestSetEffect(t *testing.T) {
	intact := &Run{Loss: known(Number(1)), TimeNS: 5, Output: RunOutput{Logits: []Row{{1, 0}, {0, 1}}}}
	r := &Run{Labels: []int{0, 1}, Output: RunOutput{Logits: []Row{{0, 1}, {0, 1}}}}
	changed := func(labels ...int) (c train.Change) {
		for i, before := range intact.Output.Logits {
			c.Add(before, r.Output.Logits[i], labels[i])
		}
		return c
	}
	r.SetEffect(intact, changed(0, 1))
	e := r.Effect
	if e.Images != 2 || e.Moved != 1 || e.Correct == nil || *e.Correct != 1 || *e.WasCorrect != 2 {
		t.Errorf("with true labels: %+v", e)
	}
	// KL(p ‖ q) of softmax(1, 0) and softmax(0, 1) is the difference of the two
	// probabilities, (e−1)/(e+1); the second image adds 0.
	if want := (math.E - 1) / (math.E + 1) / 2; math.Abs(float64(e.KL)-want) > 1e-6 {
		t.Errorf("KL %g, want %g", e.KL, want)
	}
	if e.IntactNS != 5 || *e.IntactLoss != 1 {
		t.Errorf("the intact net's: %+v", e)
	}
	if r.SetEffect(intact, changed(-1, -1)); r.Effect.Correct != nil || r.Effect.WasCorrect != nil {
		t.Errorf("with random labels: %+v", r.Effect)
	}
}
