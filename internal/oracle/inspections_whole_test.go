package oracle

import (
	"math"
	"testing"
)

// TestInspectionGoldensAreWhole: the goldens of inspections have what their kind of net
// has, and agree with themselves.
func TestInspectionGoldensAreWhole(t *testing.T) {
	names, err := InspectionNames()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 10 {
		t.Errorf("only %d goldens: %v", len(names), names)
	}
	for _, name := range names {
		g, err := LoadInspection(name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Name != name || len(g.Seeds) != g.Shape[0] || !(g.Margin > 5e-6) || len(g.Stats.Layers) < 20 ||
			len(g.Stats.Params) != len(g.Stats.Gradients) || len(g.Explain.GradCAM) < 2 {
			t.Errorf("%s is not whole", name)
		}
		for _, s := range append(g.Stats.Layers, g.Stats.Params...) {
			n := s.Histogram.Zero
			for i := range s.Histogram.Positive {
				n += s.Histogram.Positive[i] + s.Histogram.Negative[i]
			}
			if n != int64(s.Shape.Elems()) {
				t.Errorf("%s: %s%s has %d values of %v", name, s.Path, s.Name, n, s.Shape)
			}
		}
		checkExplanation(t, g)
	}
}

// checkExplanation: the attributions are complete but for what the golden says, and the
// parts of maps add up.
func checkExplanation(t *testing.T, g *Inspection) {
	t.Helper()
	e := g.Explain
	gradient, err := e.Gradient.Floats()
	integrated, err2 := e.Integrated.Floats()
	if err != nil || err2 != nil || len(gradient) != g.Shape[1:].Elems() || len(integrated) != len(gradient) {
		t.Fatalf("%s: %d and %d values (%v, %v)", g.Name, len(gradient), len(integrated), err, err2)
	}
	sum := 0.0
	for _, v := range integrated {
		sum += float64(v)
	}
	whole := e.Score - e.Black
	if c := (sum - whole) / math.Abs(whole); math.Abs(c-e.Completeness) > 1e-5 {
		t.Errorf("%s: completeness %v, but it is said to be %v", g.Name, c, e.Completeness)
	}
	for _, m := range e.GradCAM {
		for y, row := range m.Skip {
			for x := range row {
				if part := m.Skip[y][x] + m.Branch[y][x]; math.Abs(part-m.Map[y][x]) > 1e-9 {
					t.Errorf("%s at %s: parts make %v, the map has %v", g.Name, m.At, part, m.Map[y][x])
				}
			}
		}
	}
}

// TestSimilarityGoldenIsWhole: a net is like itself.
func TestSimilarityGoldenIsWhole(t *testing.T) {
	s, err := LoadSimilarity()
	if err != nil || len(s.Rows) < 3 || s.Images != s.Shape[0] {
		t.Fatalf("%d rows (%v)", len(s.Rows), err)
	}
	for _, r := range s.Rows {
		if len(r.Biased) != len(r.A) || len(r.Debiased) != len(r.A) || len(r.Biased[0]) != len(r.B) {
			t.Errorf("%s and %s: %d by %d", r.ArchA, r.ArchB, len(r.Biased), len(r.Debiased))
		}
		for i := range r.A {
			if r.ArchA == r.ArchB && (math.Abs(r.Biased[i][i]-1) > 1e-9 || math.Abs(r.Debiased[i][i]-1) > 1e-9) {
				t.Errorf("%s is %v like itself", r.A[i], r.Biased[i][i])
			}
		}
	}
}
