package oracle_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestSimilarityIsPyTorch compares CKA between the places of two nets with PyTorch's.
func TestSimilarityIsPyTorch(t *testing.T) {
	want, err := oracle.LoadSimilarity()
	if err != nil {
		t.Fatal(err)
	}
	dev := openCPUs(t)[0]
	for _, row := range want.Rows {
		for mode, fuse := range map[string]bool{"exact": false, "fused": true} {
			t.Run(row.ArchA+"/"+row.ArchB+"/"+mode, func(t *testing.T) {
				pathsA, a := grams(t, dev, row.ArchA, want, fuse)
				pathsB, b := grams(t, dev, row.ArchB, want, fuse)
				if !slices.Equal(pathsA, row.A) || !slices.Equal(pathsB, row.B) {
					t.Fatalf("the places are %v and %v, PyTorch's %v and %v", pathsA, pathsB, row.A, row.B)
				}
				compareCKA(t, "biased", inspect.CKA(a, b, inspect.Biased), row.Biased)
				compareCKA(t, "debiased", inspect.CKA(a, b, inspect.Debiased), row.Debiased)
			})
		}
	}
}

// grams are the products of features at a net's places, of images that come in two batches.
func grams(
	t *testing.T, dev tensor.Device, arch string, want *oracle.Similarity, fuse bool,
) ([]string, []*inspect.Gram) {
	t.Helper()
	shape := slices.Clone(want.Shape)
	shape[0] /= 2
	m := build(t, &oracle.Golden{Arch: arch, Shape: shape, Classes: want.Classes})
	places := inspect.Stations(m.Model)
	var pass nn.Pass
	var paths []string
	for _, p := range places {
		paths = append(paths, p.Path)
		pass.Probes = append(pass.Probes, nn.Probe{At: p.At(), What: nn.Keep})
	}
	ctx := context.Background()
	o := nn.SessionOptions{Pass: pass, Fuse: fuse, Exact: !fuse, Source: oracle.Source{}}
	s, err := nn.NewSession(ctx, dev, m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g, err := inspect.NewGrams(dev, places, want.Images, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	images := oracle.Input(want.Shape)
	for sweep := range g.Sweeps() {
		g.Begin(sweep)
		for part := range slices.Chunk(images.Data, len(images.Data)/2) {
			if err := s.SetInput(&tensor.Tensor{Shape: shape, Data: part}); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(ctx, nil); err != nil {
				t.Fatal(err)
			}
			kept := func(place int) (*tensor.Tensor, error) { return s.Kept(places[place].At()) }
			if err := g.Add(shape[0], kept); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.End(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return paths, g.Grams
}

// compareCKA compares two matrices.
func compareCKA(t *testing.T, estimator string, got, want [][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, PyTorch has %d", estimator, len(got), len(want))
	}
	worst := 0.0
	for i, row := range want {
		for j, w := range row {
			if off := math.Abs(got[i][j] - w); !(off <= worst) {
				worst = off
			}
		}
	}
	if !(worst <= 1e-5) {
		t.Errorf("%s: off by %.2g, 1e-5 allowed", estimator, worst)
	}
}
