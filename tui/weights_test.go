package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// someWeights are statistics of the weights of a net as it is initialised; of large ones
// they are those of a part.
func someWeights(t testing.TB, m *nn.Model) map[string]*nn.Statistics {
	t.Helper()
	all := map[string]*nn.Statistics{}
	for _, p := range m.Params {
		if p.Role != tensor.Weight {
			continue
		}
		p.Shape = append(tensor.Shape{min(p.Shape[0], 64)}, p.Shape[1:]...)
		values := tensor.New(p.Shape...)
		if err := m.Initial(1).Load(p, values); err != nil {
			t.Fatal(err)
		}
		s := nn.StatisticsOf(values, true, 0)
		all[p.Name] = &s
	}
	return all
}

// someValues are statistics of outputs like those behind ReLUs, and of gradients that fall
// from layer to layer.
func someValues(p *live.Program, weights map[string]*nn.Statistics) *live.Values {
	v := &live.Values{Outputs: map[int]*nn.Statistics{}, Gradients: map[string]*nn.Statistics{}}
	for i, k := range p.Kernels {
		layer := p.Lowered.OpLayer[k.Last()]
		out := tensor.New(1, p.Model.Layers[layer].Out[1], 4, 4)
		for j := range out.Data {
			out.Data[j] = max(float32(math.Sin(float64(j*j+i)))*float32(j%13), 0)
		}
		s := nn.StatisticsOf(out, true, 1)
		v.Outputs[layer] = &s
	}
	for name := range weights {
		grad := tensor.New(8, 64)
		for j := range grad.Data {
			grad.Data[j] = float32(math.Exp(-float64(len(v.Gradients)%9)-float64(j%17))) * float32(1-2*(j%2))
		}
		s := nn.StatisticsOf(grad, true, 0)
		v.Gradients[name] = &s
	}
	return v
}

// holding is a screen of a net whose values are known, without gradients.
func holding(t testing.TB, w, h int) *Model {
	m := screen(t, "resnet18", w, h)
	run(t, m, true, 5)
	m.state.Params = someWeights(t, m.about.Model.Model)
	m.state.Values = someValues(m.program, nil)
	m.list.selectPath("layer3.0")
	press(m, "Weights")
	m.refresh()
	return m
}

func TestWeights(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {120, 30}, {80, 24}, {60, 15}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			golden.RequireEqual(t, plain(holding(t, size[0], size[1])))
		})
	}
}

// TestValueAxis: every value has a column, zeros have the middle one, and what is rare and
// small is with the smallest.
func TestValueAxis(t *testing.T) {
	values := make([]float32, 0, 1000)
	for range 499 {
		values = append(values, 1, -0.25)
	}
	values = append(values, 0, 1e-20)
	s := nn.StatisticsOf(&tensor.Tensor{Shape: tensor.Shape{1000}, Data: values}, false, 0)
	var a valueAxis
	a.take(&s)
	if a != (valueAxis{low: -2, high: 0, known: true}) {
		t.Errorf("the axis is %+v", a)
	}
	want := []float64{0, 0, 0.499, 0.001, 0.001, 0, 0.499}
	for i, share := range a.columns(&s, 7) {
		if math.Abs(share-want[i]) > 1e-12 {
			t.Errorf("column %d has %v, want %v", i, share, want[i])
		}
	}
	wide, narrow := a.columns(&s, 13), a.columns(&s, 3)
	if wide[0] != 0 || wide[12] != 0.499 || wide[11] != 0.499 || wide[6] != 0.001 || math.Abs(narrow[2]-0.5/3) > 1e-12 {
		t.Errorf("wide %v, narrow %v", wide, narrow)
	}
}

// TestCarpet: a line is as bright as its most frequent power of two, unknown ones are
// empty, and of more lines than rows there are means.
func TestCarpet(t *testing.T) {
	line := func(values ...float32) valueLine {
		s := nn.StatisticsOf(&tensor.Tensor{Shape: tensor.Shape{len(values)}, Data: values}, false, 0)
		return valueLine{stats: &s}
	}
	k := carpet{axis: valueAxis{low: 0, high: 0, known: true}}
	k.lines = []valueLine{line(1, 1, 1, -1, 0), {}, line(0, 0), line(-1)}
	for _, c := range []struct {
		from, to int
		want     [3]float64
	}{{0, 1, [3]float64{1.0 / 3, 1.0 / 3, 1}}, {1, 2, [3]float64{-1, -1, -1}}, {2, 3, [3]float64{0, 1, 0}}, {2, 4, [3]float64{0.5, 0.5, 0}}} {
		if got := [3]float64(k.levels(c.from, c.to, 3)); fmt.Sprintf("%.9f", got) != fmt.Sprintf("%.9f", c.want) {
			t.Errorf("lines %d to %d: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

// TestValuesAreAskedFor when the view is opened, and no longer once another one is.
func TestValuesAreAskedFor(t *testing.T) {
	m := working(t, "cifar_resnet20", 120, 40)
	asked := func() []live.Request {
		e := m.engine.(*still)
		all := e.asked
		e.asked = nil
		return all
	}
	press(m, "Weights")
	want := []live.Request{live.InspectParams{}, live.SetHistograms{On: true}}
	if got := asked(); !slices.Equal(got, want) {
		t.Errorf("opened: %v, want %v", got, want)
	}
	for _, want := range []string{"weight  is being read", "output  comes with the next pass", "gradient  comes with the next"} {
		if s := plain(m); !strings.Contains(s, want) {
			t.Errorf("it does not say %q\n%s", want, s)
		}
	}
	m.state.Phase, m.state.Desired.Running = live.Stepping, false
	if s := plain(m); !strings.Contains(s, "single steps count no") {
		t.Errorf("while stepping:\n%s", s)
	}
	press(m, "enter")
	if got := asked(); !slices.Equal(got, []live.Request{live.SetHistograms{On: false}}) {
		t.Errorf("left: %v", got)
	}
}

// TestKindsOfValues: a key turns from outputs to weights and gradients.
func TestKindsOfValues(t *testing.T) {
	m := holding(t, 160, 50)
	for _, want := range []string{"outputs of 24 layers", "weights of 21 layers", "comes with a backward pass", "outputs of 24"} {
		if s := plain(m); !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
		press(m, "v")
	}
	m.state.Values = someValues(m.program, m.state.Params)
	press(m, "v")
	if s := plain(m); !strings.Contains(s, "gradients of 21 layers") {
		t.Errorf("gradients:\n%s", s)
	}
}

// TestWeightsSayWhatIsWrong: what is no number, and channels of zeros, are named.
func TestWeightsSayWhatIsWrong(t *testing.T) {
	m := working(t, "cifar_resnet20", 120, 30)
	values := tensor.New(16, 3, 3, 3)
	for i := range values.Data {
		values.Data[i] = float32(i)
	}
	clear(values.Data[5*27 : 6*27])
	values.Data[200], values.Data[201] = float32(math.NaN()), float32(math.Inf(1))
	s := nn.StatisticsOf(values, true, 0)
	m.state.Params = map[string]*nn.Statistics{"conv1.weight": &s}
	m.list.selectPath("conv1")
	press(m, "Weights", "v")
	for _, want := range []string{"1 NaN, 1 infinite", "1 channel of zeros alone: 5", "1 of 20 are read"} {
		if out := plain(m); !strings.Contains(out, want) {
			t.Errorf("it does not say %q\n%s", want, out)
		}
	}
}

// TestClicksOnTheCarpet select the layer of the line.
func TestClicksOnTheCarpet(t *testing.T) {
	m := holding(t, 120, 30)
	press(m, "v")
	v := viewOf[*weightsView](m)
	at := v.carpet().area(arrangeWeights(v.body).carpet)
	click(m, m.layout.body.x+at.x+3, m.layout.body.y+at.y+at.h-1)
	k := v.carpet()
	if n, want := m.list.selected(), k.lines[k.lineAt(2*at.h-2, 2*at.h)].row; n != want || n.Path == "conv1" {
		t.Errorf("the last line selects %s", titleOf(n))
	}
	click(m, m.layout.body.x+at.x+3, m.layout.body.y+at.y)
	if n := m.list.selected(); n.Layers[0].Path != "conv1" {
		t.Errorf("the first line selects %s", titleOf(n))
	}
}

// TestCarpetInASCII is drawn in characters by brightness.
func TestCarpetInASCII(t *testing.T) {
	m := holding(t, 80, 24)
	m.ascii = true
	golden.RequireEqual(t, plain(m))
}

// BenchmarkInside is a frame of the views on what a net holds, with new values each time.
func BenchmarkInside(b *testing.B) {
	for _, title := range []string{"Weights", "Similarity", "Findings"} {
		b.Run(title, func(b *testing.B) {
			m := screen(b, "resnet101", 160, 50)
			run(b, m, true, 5)
			values := someValues(m.program, nil)
			m.state.Similarity, m.state.Findings = alikeBlocks(m), someFindings()
			press(m, title)
			b.ReportAllocs()
			for b.Loop() {
				again := *values
				m.state.Values, m.stale = &again, true
				m.refresh()
				m.View()
			}
		})
	}
}
