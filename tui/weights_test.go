package tui

import (
	"fmt"
	"math"
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

func TestWeights(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {120, 30}, {80, 24}, {60, 15}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "resnet18", size[0], size[1])
			run(t, m, true, 5)
			m.state.Params = someWeights(t, m.about.Model.Model)
			m.list.selectPath("layer3.0")
			press(m, "Weights")
			golden.RequireEqual(t, plain(m))
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

// TestWeightsAreAskedFor when the view is opened, and not while they are known.
func TestWeightsAreAskedFor(t *testing.T) {
	m := working(t, "cifar_resnet20", 120, 30)
	asks := func() (n int) {
		for _, r := range m.engine.(*still).asked {
			if r == (live.InspectParams{}) {
				n++
			}
		}
		return n
	}
	press(m, "Weights")
	if asks() != 1 || !strings.Contains(plain(m), "are read when this view is opened") {
		t.Errorf("asked %d times\n%s", asks(), plain(m))
	}
	m.state.Params = someWeights(t, m.about.Model.Model)
	press(m, "1", "Weights")
	if asks() != 1 {
		t.Error("it asks for what is known")
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
	press(m, "Weights")
	for _, want := range []string{"1 NaN, 1 infinite", "1 channel of zeros alone: 5", "1 of 20 layers are read"} {
		if out := plain(m); !strings.Contains(out, want) {
			t.Errorf("it does not say %q\n%s", want, out)
		}
	}
}

// TestClicksOnTheCarpet select the layer of the line.
func TestClicksOnTheCarpet(t *testing.T) {
	m := working(t, "resnet18", 120, 30)
	m.state.Params = someWeights(t, m.about.Model.Model)
	press(m, "Weights")
	v := viewOf[*weightsView](m)
	at := v.carpet().area(arrangeWeights(v.body).carpet)
	click(m, m.layout.body.x+at.x+3, m.layout.body.y+at.y+at.h-1)
	if n := m.list.selected(); len(n.Layers) == 0 || n.Layers[0].Path != "layer4.1.conv2" { // above fc
		t.Errorf("the last line selects %s", titleOf(n))
	}
	click(m, m.layout.body.x+at.x+3, m.layout.body.y+at.y)
	if n := m.list.selected(); n.Layers[0].Path != "conv1" {
		t.Errorf("the first line selects %s", titleOf(n))
	}
}

// TestCarpetInASCII is drawn in characters by brightness.
func TestCarpetInASCII(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	run(t, m, true, 5)
	m.ascii = true
	m.state.Params = someWeights(t, m.about.Model.Model)
	press(m, "Weights")
	golden.RequireEqual(t, plain(m))
}
