package tui

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// looking gives a screen what the engine would see at the place that the view asks for: an
// image of a bright disc, maps of waves, and an explanation that points at the disc.
func looking(t *testing.T, m *Model) *seeView {
	t.Helper()
	v := viewOf[*seeView](m)
	m.show(v)
	m.refresh()
	answer(t, m)
	return v
}

// answer answers what the view has asked for.
func answer(t *testing.T, m *Model) {
	t.Helper()
	v := viewOf[*seeView](m)
	s := &live.Seen{Sight: v.asked, Input: disc(m.about.Model.Input)}
	var err error
	if s.Place, err = inspect.Find(m.about.Model.Model, v.asked.At); err != nil {
		t.Fatal(err)
	}
	for i := range m.about.Model.Classes() {
		s.Classes = append(s.Classes, live.Guess{Class: (i*37 + 5) % m.about.Model.Classes(), Probability: math.Pow(0.5, float64(i+1))})
	}
	if s.Class == live.Likeliest {
		s.Class = s.Classes[0].Class
	}
	s.Maps = waves(s.Place.Layer.Out)
	s.Why = someExplanation(s)
	m.state.Seen, m.stale = s, true
	m.refresh()
}

// disc is an image of C×H×W.
func disc(in tensor.Shape) *tensor.Tensor {
	img := tensor.New(in[1], in[2], in[3])
	for i := range img.Data {
		y, x := i/in[3]%in[2], i%in[3]
		if math.Hypot(float64(y-in[2]/3), float64(x-in[3]/3)) < float64(in[2])/4 {
			img.Data[i] = 1
		}
	}
	return img
}

// waves are maps of a layer's output: the lower a channel's number, the smaller they are,
// and every ninth is dead.
func waves(out tensor.Shape) *live.Maps {
	s := tensor.Shape{out[1], 1, 1}
	if len(out) == 4 {
		s = out[1:]
	}
	m := &live.Maps{Values: tensor.New(s...)}
	for c := range s[0] {
		m.Order = append(m.Order, s[0]-1-c)
		m.Dead, m.Largest = append(m.Dead, c%9 == 8), append(m.Largest, float32(c))
		for i := range s[1] * s[2] {
			if c%9 < 8 {
				m.Values.Data[c*s[1]*s[2]+i] = float32(c) * float32(1+math.Sin(float64(i%s[2])*6/float64(s[2])+float64(c)))
			}
		}
	}
	return m
}

func someExplanation(s *live.Seen) *live.Explanation {
	x := &live.Explanation{Method: s.Method, Explanation: &inspect.Explanation{
		Class: s.Class, Score: 12.5, H: 4, W: 4, SumError: 3e-8, Completeness: 0.01,
	}}
	for i := range 16 {
		x.Map = append(x.Map, float32(2-i%4)*float32(2-i/4))
	}
	if s.Method == inspect.GradCAM {
		x.At = s.Place.Path
		if s.Place.Block != nil {
			x.Skip, x.Branch = slices.Repeat([]float32{-1}, 16), slices.Repeat([]float32{1}, 16)
		}
	}
	return x
}

func TestSee(t *testing.T) {
	for _, c := range []struct {
		arch string
		w, h int
	}{
		{"resnet50", 120, 34}, {"resnet18", 80, 24}, {"resnet50", 160, 50}, {"cifar_resnet20", 60, 24},
		{"resnet18", 40, 12}, {"resnet18", 20, 5},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.arch, c.w, c.h), func(t *testing.T) {
			m := screen(t, c.arch, c.w, c.h)
			run(t, m, true, 5)
			looking(t, m)
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestSeeFollowsTheCursor: what is asked for is the layer of the tree's row, a block by its
// own name, and a layer that was absorbed on demand.
func TestSeeFollowsTheCursor(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	run(t, m, true, 3)
	v := looking(t, m)
	at := func(want string) {
		t.Helper()
		if v.asked.At != want {
			t.Errorf("it looks at %q, not at %q", v.asked.At, want)
		}
	}
	for path, want := range map[string]string{
		"conv1": "relu", "layer2.0": "layer2.0", "layer3": "layer3.1", "layer1.0.conv2": "layer1.0", "layer1.0.conv1": "layer1.0.relu#0",
	} {
		m.list.setOpen(true)
		m.list.selectPath(path)
		m.refresh()
		at(want)
	}
	m.list.selectPath("layer1.0.conv1")
	m.refresh()
	press(m, "a")
	at("layer1.0.bn1")
	press(m, "a")
	at("layer1.0.conv1")
	press(m, "a")
	at("layer1.0.relu#0")
	press(m, "down")
	at("layer1.0")
	press(m, "enter")
	if m.view != m.layers {
		t.Errorf("enter goes to %s", m.view.title())
	}
	e := m.engine.(*still)
	if last := e.asked[len(e.asked)-1]; last != (live.See{}) {
		t.Errorf("leaving the view asks for %v", last)
	}
}

func TestSeeClassesAndMethods(t *testing.T) {
	m := screen(t, "resnet18", 120, 34)
	run(t, m, true, 3)
	v := looking(t, m)
	all := m.state.Seen.Classes
	press(m, "c", "c", "C")
	if v.asked.Class != all[1].Class {
		t.Errorf("class %d is asked for, not %d", v.asked.Class, all[1].Class)
	}
	if s := plain(m); !strings.Contains(s, "…") {
		t.Error("nothing says that an answer is on its way")
	}
	answer(t, m)
	for _, method := range append(inspect.Methods[1:], inspect.GradCAM) {
		press(m, "m")
		answer(t, m)
		if v.asked.Method != method || !strings.Contains(plain(m), methodNames[method]) {
			t.Errorf("%q is asked for, not %q, and shown as\n%s", v.asked.Method, method, plain(m))
		}
	}
	p := arrangeSee(v.body)
	v.click(p.classes.x+2, p.classes.y+3)
	if m.refresh(); v.asked.Class != all[2].Class {
		t.Errorf("a click on the third class asks for %d, not %d", v.asked.Class, all[2].Class)
	}
	press(m, "C", "C", "C")
	if v.asked.Class != all[len(all)-1].Class {
		t.Errorf("before the first class there is %d, not the last", v.asked.Class)
	}
}

func TestSeePages(t *testing.T) {
	m := screen(t, "resnet18", 120, 34)
	run(t, m, true, 3)
	v := looking(t, m)
	if plain(m); !strings.Contains(plain(m), "page 1 of ") {
		t.Fatal(plain(m))
	}
	last := v.pages() - 1
	for range last + 2 {
		press(m, "]")
	}
	if v.page != last || !strings.Contains(m.notice, "last channels") {
		t.Errorf("page %d of %d, notice %q", v.page, v.pages(), m.notice)
	}
	m.list.selectPath("layer4")
	m.refresh()
	if v.page != 0 {
		t.Errorf("another layer begins at page %d", v.page)
	}
}

// TestSeeMouse: the mouse shows what a unit sees, and covers a part of the image while its
// button is held; the tree then has a column with what that changes.
func TestSeeMouse(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	run(t, m, true, 3)
	m.list.selectPath("layer1.0")
	v := looking(t, m)
	if m.View().MouseMode != tea.MouseModeAllMotion {
		t.Error("the mouse is not followed")
	}
	at := v.imageAt(arrangeSee(v.body).input)
	x, y := at.x+at.w/2, m.layout.body.y+at.y+at.h/2
	m.Update(tea.MouseMotionMsg{X: x, Y: y})
	if s := plain(m); !strings.Contains(s, "unit 2") || !strings.Contains(s, "sees 27×27") {
		t.Errorf("a unit is pointed at, and\n%s", s)
	}
	e := m.engine.(*still)
	m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	m.Update(tea.MouseMotionMsg{X: x + 3, Y: y, Button: tea.MouseLeft})
	asked, ok := e.asked[len(e.asked)-1].(live.Occlude)
	if !ok || asked.Patch.Size() != image.Pt(32, 32) || asked.Patch != v.patch {
		t.Fatalf("dragging asks for %v", e.asked[len(e.asked)-1])
	}
	occlude(m, asked.Patch)
	golden.RequireEqual(t, plain(m))
	m.Update(tea.MouseMotionMsg{X: 0, Y: 0})
	if strings.Contains(plain(m), "unit 2") {
		t.Error("the mouse has left, and a unit is pointed at")
	}
	m.show(m.layers)
	if s := plain(m); !strings.Contains(s, " Δ") || !strings.Contains(s, "12.5 %") {
		t.Errorf("the tree lacks what is changed:\n%s", s)
	}
	m.show(v)
	m.refresh()
	if last := e.asked[len(e.asked)-1]; last != asked {
		t.Errorf("back in the view %v is asked for, not %v", last, asked)
	}
	press(m, "esc")
	if last := e.asked[len(e.asked)-1]; last != (live.Occlude{}) {
		t.Errorf("esc asks for %v", last)
	}
}

// occlude gives a screen the answer to a patch.
func occlude(m *Model, patch image.Rectangle) {
	o := &live.Occlusion{Patch: patch, Changes: map[int]float64{}, Classes: make([]float64, len(m.state.Seen.Classes))}
	for _, l := range m.about.Model.Layers {
		o.Changes[l.Index] = 0.125
	}
	for i, g := range m.state.Seen.Classes {
		o.Classes[g.Class] = m.state.Seen.Classes[(i+1)%len(o.Classes)].Probability
	}
	m.state.Occlusion, m.stale = o, true
	m.refresh()
}

// TestSeeNothing: what can't be seen is said, and so is what has no room.
func TestSeeNothing(t *testing.T) {
	m := screen(t, "resnet18", 120, 34)
	run(t, m, true, 3)
	looking(t, m)
	s := *m.state.Seen
	s.Why, s.Err = nil, errors.New("fc gives 1×1000")
	m.state.Seen, m.stale = &s, true
	m.refresh()
	if text := plain(m); !strings.Contains(text, "fc gives 1×1000") || !strings.Contains(text, "channels of") {
		t.Error(text)
	}
	r := recording(t, "resnet18", 120, 34)
	if v := viewOf[*seeView](r); !strings.Contains(v.missing(), "no weights") {
		t.Errorf("a recording: %q", v.missing())
	}
}

// TestSeeAtEverySize draws the view on many terminals: the frame stays inside, whatever is
// covered or pointed at.
func TestSeeAtEverySize(t *testing.T) {
	for w := 20; w < 210; w += 31 {
		for h := 5; h < 60; h += 9 {
			m := screen(t, "cifar_resnet8", w, h)
			run(t, m, true, 2)
			v := looking(t, m)
			at := v.imageAt(arrangeSee(v.body).input)
			v.click(at.x, at.y)
			v.point(at.x+at.w-1, at.y+at.h-1, false)
			occlude(m, v.patch)
			for i, line := range strings.Split(strings.TrimSuffix(plain(m), "\n"), "\n") {
				if i >= h || width(line) > w {
					t.Fatalf("%d×%d: line %d is %q", w, h, i, line)
				}
			}
		}
	}
}
