package oracle

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"resnet-tui/tensor"
)

// TestStreamsAgree: the generators in Go and in numpy have the same bits. Otherwise no golden
// would mean anything.
func TestStreamsAgree(t *testing.T) {
	var rows []struct {
		Seed              uint64
		Name              string
		Bits              []string
		Normals, Uniforms string
	}
	if err := read("stream", &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, row := range rows {
		s := tensor.NewStream(row.Seed, row.Name)
		for i, want := range row.Bits {
			if got := fmt.Sprintf("%016x", s.Bits(uint64(i))); got != want {
				t.Errorf("stream %d %q: bits %d are %s, numpy's %s", row.Seed, row.Name, i, got, want)
			}
		}
		x := make([]float32, 300_000)
		s.Normals(x, 0, 0.3)
		if got := hash(x); got != row.Normals {
			t.Errorf("stream %d %q: normals differ from numpy's", row.Seed, row.Name)
		}
		s.Uniforms(x, 0, 0.5, 1.5)
		if got := hash(x); got != row.Uniforms {
			t.Errorf("stream %d %q: uniforms differ from numpy's", row.Seed, row.Name)
		}
	}
}

func hash(x []float32) string {
	h := sha256.New()
	var b [4]byte
	for _, v := range x {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestGoldensAreWhole(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 30 {
		t.Errorf("only %d goldens: %v", len(names), names)
	}
	for _, name := range names {
		g, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Name != name || g.Shape.Check() != nil || len(g.Shape) != 4 || g.Eval == nil {
			t.Errorf("%s: %+v", name, g)
		}
		for _, p := range []*Pass{g.Eval, g.Train} {
			if p != nil && (len(p.Logits) != g.Shape[0] || len(p.Logits[0]) != g.Classes || len(p.Layers) == 0) {
				t.Errorf("%s: %d×%d logits, %d layers", name, len(p.Logits), len(p.Logits[0]), len(p.Layers))
			}
		}
	}
}

func TestLogitsError(t *testing.T) {
	p := &Pass{Logits: [][]float64{{3, 0}, {0, 4}}}
	if e := p.LogitsError([]float64{3, 0, 0, 5}); e != 0.2 {
		t.Errorf("error %v, want 0.2", e)
	}
	for _, wrong := range [][]float64{nil, {3, 0, 0}, {3, 0, 0, 4, 0}} {
		if e := p.LogitsError(wrong); !math.IsInf(e, 1) {
			t.Errorf("%d logits of 4: error %v", len(wrong), e)
		}
	}
}

func TestLayerError(t *testing.T) {
	l := Layer{Mean: 1, Std: 2}
	if e := l.Error(1.5, 1.5); e != 0.25 {
		t.Errorf("error %v, want 0.25", e)
	}
	if e := l.Error(math.NaN(), 2); !math.IsInf(e, 1) {
		t.Errorf("error of NaN: %v", e)
	}
}

func TestFigures(t *testing.T) {
	grad := []float64{3, 4}
	along := Direction("x", 2)
	f := Figures{Name: "x", Norm: 5, Dot: 3*float64(along[0]) + 4*float64(along[1]), Elements: "AABAQAAAgEA="}
	if norm, direction := f.Errors(grad, 0); norm != 0 || direction > 1e-15 {
		t.Errorf("errors %g and %g of the gradient itself", norm, direction)
	}
	if norm, direction := f.Errors([]float64{4, 3}, 0); norm != 0 || direction < 1e-3 {
		t.Errorf("swapped elements differ by %g in the norm, by %g along a direction", norm, direction)
	}
	if norm, _ := f.Errors([]float64{6, 8}, 50); norm != 0.1 {
		t.Errorf("error %g, relative to 50", norm)
	}
	if all, err := f.All(); err != nil || len(all) != 2 || all[0] != 3 || all[1] != 4 {
		t.Errorf("elements %v (%v)", all, err)
	}
	for _, damaged := range []Packed{"AAB", "AABA"} {
		if _, err := (&Figures{Elements: damaged}).All(); err == nil {
			t.Errorf("the elements %q are read", damaged)
		}
	}
}
