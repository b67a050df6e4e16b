package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// after is the path of the batch norm behind a convolution, or of the convolution.
func after(net *nn.Model, conv *nn.Layer) string {
	if next := conv.Index + 1; next < len(net.Layers) && net.Layers[next].Kind == tensor.BatchNorm2d {
		return net.Layers[next].Path
	}
	return conv.Path
}

// beside gives a screen its twin, with made-up responses.
func beside(t *testing.T, m *Model) {
	t.Helper()
	c, ok := m.about.Model.Config.Twin()
	if !ok {
		t.Fatal("there is no twin")
	}
	net, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	respond := func(net *nn.Model, factor float64) (all []nn.Response) {
		std := 1.0
		for _, l := range net.Layers {
			if l.Kind.String() == "Conv2d" && l.Part != nn.Skip {
				all = append(all, nn.Response{Path: l.Path, At: after(net, l), Std: std})
				std *= factor
			}
		}
		return all
	}
	m.state.Twin = &live.Twin{
		Program: programFor(t, net.Model, true, 5), Gradients: someGradients(net.Model),
		Responses: respond(net.Model, 1.02), NetResponses: respond(m.about.Model.Model, 0.97),
	}
	m.refresh()
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		arch string
		w, h int
	}{
		{"resnet18", 120, 30}, {"cifar_resnet20", 200, 50}, {"cifar_plain20", 80, 24},
		{"resnet101", 60, 15}, {"resnet18", 20, 5},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.arch, c.w, c.h), func(t *testing.T) {
			m := screen(t, c.arch, c.w, c.h)
			run(t, m, true, 5)
			went(t, m, "")
			beside(t, m)
			m.show(viewOf[*compareView](m))
			golden.RequireEqual(t, plain(m))
		})
	}
}

func TestCompareWithoutATwin(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	m.show(viewOf[*compareView](m))
	if s := plain(m); !strings.Contains(s, "p puts the net without skips beside this one") {
		t.Errorf("nothing says how to get a twin:\n%s", s)
	}
}

// TestTwinsStepTogether holds that the rows of both nets are of the same
// modules, whatever is folded.
func TestTwinsStepTogether(t *testing.T) {
	m := screen(t, "resnet50", 120, 40)
	run(t, m, true, 3)
	beside(t, m)
	m.show(viewOf[*compareView](m))
	press(m, "E")
	m.view = viewOf[*compareView](m)
	missing := 0
	for _, n := range m.list.rows {
		other := viewOf[*compareView](m).twin.of(n)
		if other == nil {
			missing++
			if n.Kind != profile.JoinRow && n.Kind != profile.RunRow {
				t.Errorf("the twin has no %q", n.ID)
			}
			continue
		}
		if other.Path != n.Path {
			t.Errorf("%q stands beside %q", other.Path, n.Path)
		}
	}
	if missing == 0 {
		t.Error("a plain net has all that a residual one has")
	}
	for _, key := range []string{"down", "left", "right", "enter"} {
		press(m, key)
	}
	if m.view != m.layers {
		t.Errorf("enter stays in %v", m.view.title())
	}
}

// TestLesionsAreDrawn shows each lesion in the tree.
func TestLesionsAreDrawn(t *testing.T) {
	for _, text := range []string{
		"layer1.1=cut-skip", "layer1.1=drop-branch", "layer1.1=scale:0.5", "layer3.1=swap:layer3.2", "layer1.1=freeze",
	} {
		t.Run(text, func(t *testing.T) {
			m := screen(t, "cifar_resnet20", 100, 40)
			l, err := nn.ParseLesion(text)
			if err != nil {
				t.Fatal(err)
			}
			lesioned, err := resnet.Build(m.about.Model.Config, l)
			if err != nil {
				t.Fatal(err)
			}
			p := programFor(t, lesioned.Model, true, 3)
			var changed train.Change
			for i := range 8 {
				changed.Add([]float32{1, 0}, []float32{float32(i / 3), 1}, i%2)
			}
			m.state = &live.State{
				Phase: live.Paused, Actual: live.Settings{Lesions: lesioned.Lesions},
				Results: live.Results{Program: p, Effect: &live.Effect{Change: changed}},
			}
			m.adopt(p)
			m.list.setOpen(true)
			m.list.setFilter(strings.Split(text, ".")[0])
			m.list.selectPath(l.Path)
			m.refresh()
			m.sample(true)
			golden.RequireEqual(t, plain(m))
		})
	}
}

func TestLesionMenu(t *testing.T) {
	m := screen(t, "cifar_resnet20", 100, 30)
	run(t, m, true, 3)
	choose := func(keys ...string) []nn.Lesion {
		t.Helper()
		press(m, keys...)
		return m.desired.Lesions
	}
	m.list.selectPath("layer1")
	press(m, "right")
	for _, c := range []struct {
		keys string
		want string
	}{
		{"x 2", "[layer1.0=drop-branch]"},
		{"x enter", "[layer1.0=drop-branch]"},
		{"X", "[]"},
		{"x 3 enter", "[layer1.0=scale:0.5]"},
		{"x 3 . 2 enter", "[layer1.0=scale:0.2]"},      // what is typed replaces what is proposed
		{"x 3 right 2 enter", "[layer1.0=scale:0.52]"}, // unless one moves in it first
		{"x 3 x enter", "[layer1.0=scale:0.52]"},       // x is not a number
		{"esc esc", "[layer1.0=scale:0.52]"},
		{"x 4 l a y e r 1 . 2 enter", "[layer1.0=scale:0.52 layer1.0=swap:layer1.2]"},
		{"x 4 enter", "[layer1.0=scale:0.52 layer1.0=swap:layer1.1]"},
		{"x 6", "[]"},
		{"x esc", "[]"},
		{"x 1 x 5", "[layer1.0=cut-skip layer1.0=freeze]"},
	} {
		if got := fmt.Sprint(choose(strings.Fields(c.keys)...)); got != c.want {
			t.Errorf("%q: lesions %v, want %v", c.keys, got, c.want)
		}
	}
	if m.dialog != nil {
		t.Error("the menu stays open")
	}
	press(m, "g", "x")
	if m.dialog != nil || !strings.Contains(m.notice, "block") {
		t.Errorf("a menu for no block; notice %q", m.notice)
	}
}

func TestLesionMenuIsDrawn(t *testing.T) {
	for _, size := range [][2]int{{100, 24}, {40, 10}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "cifar_resnet20", size[0], size[1])
			run(t, m, true, 3)
			m.list.selectPath("layer1")
			press(m, "right", "x", "3", "x", "enter")
			golden.RequireEqual(t, plain(m))
		})
	}
}

// stepProgram is a program of training steps that has made some of fake times.
func stepProgram(t *testing.T, net *nn.Model, passes int) *live.Program {
	t.Helper()
	l := lower(t, net, nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Probes: []nn.Probe{probeFlows, probeNorms}})
	f := fake(nil).Program(l.Plan, true)
	p := &live.Program{
		Model: net, Lowered: l, Kernels: f.Kernels(), Memory: f.Memory(), Calibrated: true, Fused: true, Train: true,
		Recorder: profile.NewRecorder(l, f.Kernels(), recorded), Layer: func() int { return -1 },
	}
	for range passes {
		record(t, p, f)
	}
	return p
}

// TestStepsAreDrawn shows a step forward and backward in every view of times.
func TestStepsAreDrawn(t *testing.T) {
	for _, v := range []string{"Layers", "Timeline", "Memory"} {
		t.Run(v, func(t *testing.T) {
			m := screen(t, "cifar_resnet20", 120, 30)
			p := stepProgram(t, m.about.Model.Model, 5)
			m.state = &live.State{
				Phase: live.Running, Desired: live.Settings{Running: true}, Actual: live.Settings{Backward: true},
				Results: live.Results{Program: p, Gradients: someGradients(m.about.Model.Model)},
			}
			m.adopt(p)
			m.refresh()
			m.sample(true)
			m.show(titled(m, v))
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestDifferenceOfTimes: a difference has an interval, within which it is noise, and none
// is shown after a few passes.
func TestDifferenceOfTimes(t *testing.T) {
	for want, d := range map[string]difference{
		"≈": {0.02, 0.03}, "+12.0 %": {0.12, 0.03}, "-50.0 %": {-0.5, 0.03},
	} {
		if f := d.figure(); strings.TrimSpace(f.Number+" "+f.Unit) != want {
			t.Errorf("%+v is shown as %q, want %q", d, f, want)
		}
	}
	m := screen(t, "resnet18", 160, 40)
	run(t, m, true, 20)
	beside(t, m)
	v := viewOf[*compareView](m)
	m.show(v)
	if s := plain(m); !strings.Contains(s, "needs 8 passes of both nets") {
		t.Errorf("a difference after 5 passes:\n%s", s)
	}
	m.state.Twin.Program = programFor(t, m.state.Twin.Program.Model, true, 20)
	m.refresh()
	if s := plain(m); !strings.Contains(s, "Δ time within noise, +0.0 % ±") || !strings.Contains(s, "≈") {
		t.Errorf("the same times differ:\n%s", s)
	}
	twin := v.twin.of(m.list.selected())
	for _, k := range twin.Kernels.All() { // the twin's passes take twice as long
		v.twin.snap.Kernels[k].Typical *= 2
		for i := range v.twin.snap.Kernels[k].Recent {
			v.twin.snap.Kernels[k].Recent[i] *= 2
		}
	}
	d, ok := v.difference(m.list.selected(), twin)
	if !ok || d.noise() || d.part < 0.99 || d.part > 1.01 {
		t.Errorf("twice the time is %+v, %v", d, ok)
	}
}

// TestResponsesStandOnTheNorm, whose output they are, and only where they say something:
// not behind the batch's own statistics.
func TestResponsesStandOnTheNorm(t *testing.T) {
	m := screen(t, "resnet18", 160, 50)
	run(t, m, false, 5) // every layer on its own row
	beside(t, m)
	v := viewOf[*compareView](m)
	net, _ := v.sides()
	conv, norm := m.list.tree.byLayer[0], m.list.tree.byLayer[1]
	if f := net.response(conv); f.Number != "" {
		t.Errorf("%s has a response of %s", conv.Path, f)
	}
	if f := net.response(norm); f.Number == "" {
		t.Errorf("%s has no response", norm.Path)
	}
	m.show(v)
	if s := plain(m); !strings.Contains(s, "response σ by layer") {
		t.Errorf("no responses:\n%s", s)
	}
	m.program.Train = true
	m.stale = true
	if s := plain(m); strings.Contains(s, "response σ by layer") || !strings.Contains(s, "no σ:") {
		t.Errorf("responses of the batch's own statistics:\n%s", s)
	}
}
