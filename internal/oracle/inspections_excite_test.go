package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// checkExcitement compares the images that excite channels most, taken in batch by batch.
func (x inspection) checkExcitement(t *testing.T) {
	want := x.want.Excite
	if want == nil {
		t.Skip("no golden")
	}
	batch := x.want.Shape[0]
	images := oracle.Input(append(tensor.Shape{want.Images}, x.want.Shape[1:]...))
	var pass nn.Pass
	var places []inspect.Place
	var gathered []*inspect.Excitation
	for _, row := range want.Rows {
		p, err := inspect.Find(x.model.Model, row.At)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
		pass.Probes = append(pass.Probes, nn.Probe{At: p.At(), What: nn.Keep})
		channels := make([]int, len(row.Top))
		for c := range channels {
			channels[c] = c
		}
		gathered = append(gathered, inspect.NewExcitation(channels, len(row.Top[0])))
	}
	s := x.open(t, pass)
	size := len(images.Data) / want.Images
	for from := 0; from < want.Images; from += batch {
		part := &tensor.Tensor{Shape: x.want.Shape, Data: images.Data[from*size : (from+batch)*size]}
		if err := s.SetInput(part); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		for i, p := range places {
			values, err := s.Kept(p.At())
			if err != nil {
				t.Fatal(err)
			}
			gathered[i].Add(values, batch)
		}
	}
	for i, row := range want.Rows {
		if box := inspect.Field(x.model.Model, places[i].Layer, 0, 0); oracle.Box(box) != row.Origin {
			t.Errorf("%s: the field of its origin is %v, PyTorch's %v", row.At, box, row.Origin)
		}
		largest := 0.0
		for _, top := range row.Top {
			largest = max(largest, top[0].Value)
		}
		for c, top := range row.Top {
			comparePeaks(t, row.At, c, gathered[i].Peaks[c], top, 1e-5*largest)
		}
	}
}

// comparePeaks compares the largest values of a channel, which may be off by bar, and where
// they are, if rounding can't exchange them for others.
func comparePeaks(
	t *testing.T, at string, channel int, got []inspect.Peak, want []oracle.Excitator, bar float64,
) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s, channel %d: %d images, PyTorch has %d", at, channel, len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if !(math.Abs(float64(g.Value)-w.Value) <= bar) {
			t.Errorf("%s, channel %d, image %d of its best: %v, PyTorch's %v", at, channel, i, g.Value, w.Value)
		}
		alone := (i == 0 || want[i-1].Value-w.Value > 2*bar) && i+1 < len(want) && w.Value-want[i+1].Value > 2*bar
		if alone && (g.Image != w.Image || g.Y != w.Y || g.X != w.X) {
			t.Errorf("%s, channel %d: the value %v is in %+v, in PyTorch in %+v", at, channel, w.Value, g, w)
		}
	}
}
