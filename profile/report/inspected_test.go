package report

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// someMaps has a channel of ordinary values, a dead one, one that has what isn't finite,
// and one that has nothing else; of the second of two images.
func someMaps() *Maps {
	inf := float32(math.Inf(1))
	t := tensor.New(2, 4, 1, 2)
	copy(t.Data[8:], []float32{-1, 3, 0, 0, float32(nan), 0.5, inf, -inf})
	m := NewMaps(t, 1)
	m.Model, m.Input, m.At, m.Layer = someNet, RunInput{Shape: tensor.Shape{2, 3, 1, 2}, Source: "x.npy"}, "layer1.0", "layer1.0.relu#1"
	return m
}

func TestMaps(t *testing.T) {
	m := someMaps()
	if !m.Shape.Equal(tensor.Shape{4, 1, 2}) || len(m.Channels) != 4 {
		t.Fatalf("%v, %d channels", m.Shape, len(m.Channels))
	}
	first, third, last := m.Channels[0], m.Channels[2], m.Channels[3]
	if *first.Min != -1 || *first.Max != 3 || *first.Mean != 1 || first.Zeros != 0 {
		t.Errorf("first channel %+v", first)
	}
	if third.NaN != 1 || *third.Min != 0.5 || *third.Mean != 0.5 || last.Inf != 2 || last.Min != nil || last.Mean != nil {
		t.Errorf("channels that aren't finite: %+v, %+v", third, last)
	}
	text := string(write(t, m, "text"))
	for _, want := range []string{"1 of 4 channels: 1\n", "2 of 4 channels: 2, 3\n", "4×1×2 of layer1.0.relu#1", "image 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("text without %q:\n%s", want, text)
		}
	}
	if v := NewMaps(tensor.New(1, 100), 0); !v.Shape.Equal(tensor.Shape{100, 1, 1}) ||
		!strings.Contains(string(write(t, v, "text")), "and 36 channels more") {
		t.Errorf("maps of a vector: %v", v.Shape)
	}
}

// someExcite has two images for channel 3, and none for channel 5.
func someExcite() *Excite {
	gathered := &inspect.Excitation{Images: 4, Channels: []int{3, 5}, Peaks: [][]inspect.Peak{
		{{Image: 2, Value: 1.5, Y: 1, X: 2}, {Image: 0, Value: -1, Y: 0, X: 0}}, nil,
	}}
	e := NewExcite(gathered, func(p inspect.Peak) inspect.Box {
		return inspect.Box{Top: 2*p.Y - 1, Left: 2*p.X - 1, Bottom: 2*p.Y + 2, Right: 2*p.X + 2}
	})
	e.Model, e.Data, e.Layer = someNet, "cifar10:test.bin", "layer1.0.relu#1"
	e.SetClasses([]int{7, 0, 1, 0}, []string{"cat", "dog"})
	return e
}

func TestExcite(t *testing.T) {
	e := someExcite()
	first := e.Channels[0].Top
	if first[0].Class != "dog" || first[1].Class != "" || first[0].Box != (inspect.Box{Top: 1, Left: 3, Bottom: 4, Right: 6}) {
		t.Errorf("%+v", first)
	}
	if text := string(write(t, e, "text")); !strings.Contains(text, "2 dog, 0\n") || !strings.Contains(text, "4 images") {
		t.Errorf("text:\n%s", text)
	}
	if !slices.Equal(e.Pictured(), []int{2, 0}) || !strings.Contains(string(write(t, e, "json")), `"top": []`) {
		t.Errorf("pictured: %v", e.Pictured())
	}
	photo := image.NewRGBA(image.Rect(0, 0, 8, 8))
	e.Photos = map[int]image.Image{0: photo, 2: photo}
	if img, err := e.Picture(); err != nil || img.Bounds().Dx() < 2*64 {
		t.Errorf("%v", err)
	}
	e.Channels = e.Channels[:1]
	if text := string(write(t, e, "text")); !strings.Contains(text, "rows 1 to 3, columns 3 to 5") {
		t.Errorf("text of one channel:\n%s", text)
	}
}

// someSimilarity compares two places of a net, of which one is the same for all images,
// with one of another.
func someSimilarity() *Similarity {
	gram := func(values ...float64) *inspect.Gram {
		g := &inspect.Gram{N: 4}
		for _, x := range values {
			for _, y := range values {
				g.Sum = append(g.Sum, x*y)
			}
		}
		return g
	}
	s := NewSimilarity(4, "biased")
	other := someNet
	other.Arch = "cifar_plain8"
	s.SetSide(0, SimilaritySide{Model: someNet, Paths: []string{"relu", "layer1.0"}}, []*inspect.Gram{gram(1, 2, 3, 4), gram(1, 1, 1, 1)})
	s.SetSide(1, SimilaritySide{Model: other, Paths: []string{"avgpool"}}, []*inspect.Gram{gram(-2, -4, -6, -8)})
	s.Compare()
	return s
}

func TestSimilarity(t *testing.T) {
	s := someSimilarity()
	if json := string(write(t, s, "json")); !strings.Contains(json, `"a": [`) || !strings.Contains(json, "[1],\n    [null]") {
		t.Errorf("JSON:\n%s", json)
	}
	if x := s.Array(); !x.Shape.Equal(tensor.Shape{2, 1}) || x.Data[0] != 1 {
		t.Errorf("%v", x)
	}
	text := string(write(t, s, "text"))
	for _, want := range []string{"  0  relu       1.00\n", "  1  layer1.0    NaN\n", "cifar_plain8", "0 avgpool", "linear, biased"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in text:\n%s", want, text)
		}
	}
	if img, err := s.Picture(); err != nil || img.Bounds().Dy() < 20 {
		t.Errorf("%v", err)
	}
	s.B = make([]string, 13)
	s.CKA[0] = []Number{1, 0.95, 0.449, 0, -0.1, Number(nan)}
	if text := string(write(t, s, "text")); !strings.Contains(text, "relu      9940-?\n") || !strings.Contains(text, "0123456789012\n") {
		t.Errorf("text of many columns:\n%s", text)
	}
}

// TestArrays: what is written as NPY and PNG is read back.
func TestArrays(t *testing.T) {
	m := someMaps()
	path := t.TempDir() + "/x.npy"
	if err := checkpoint.WriteNPY(path, m.Array()); err != nil {
		t.Fatal(err)
	}
	x, err := checkpoint.ReadNPY(path)
	if err != nil || !x.Shape.Equal(m.Shape) || x.Data[1] != 3 {
		t.Errorf("%v (%v)", x, err)
	}
	var b bytes.Buffer
	if err := Write(&b, m, NPY); err != nil || !strings.HasPrefix(b.String(), "\x93NUMPY") {
		t.Errorf("%q (%v)", b.String(), err)
	}
	b.Reset()
	if err := Write(&b, m, PNG); err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(&b); err != nil || img.Bounds().Dx() < 2*28 {
		t.Errorf("a picture of %v (%v)", img.Bounds(), err)
	}
	if err := Write(&b, &Eval{}, NPY); err == nil {
		t.Error("a report without an array was written as one")
	}
	if !json.Valid(write(t, m, "json")) {
		t.Error("the JSON of what isn't finite is wrong")
	}
}
