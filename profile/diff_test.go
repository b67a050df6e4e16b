package profile

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// noisy returns a profile of layers with these times and 2 % noise.
func noisy(seed uint64, ms map[string]float64, order ...string) *Profile {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &Profile{Model: Model{Arch: "net"}, Runs: 50, Total: Total{SamplesMS: make([]float64, 50)}}
	for _, path := range order {
		row := LayerRow{Path: path, Pass: "forward", MeanMS: ms[path]}
		for i := range 50 {
			sample := ms[path] * (1 + 0.02*r.NormFloat64())
			row.SamplesMS = append(row.SamplesMS, sample)
			p.Total.SamplesMS[i] += sample
		}
		p.Total.MeanMS += row.MeanMS
		p.Layers = append(p.Layers, row)
	}
	return p
}

func TestDiff(t *testing.T) {
	a := noisy(1, map[string]float64{"conv1": 1, "layer1.0.conv1": 2, "fc": 0.5, "old": 1}, "conv1", "layer1.0.conv1", "fc", "old")
	b := noisy(2, map[string]float64{"conv1": 1, "layer1.0.conv1": 3, "fc": 0.4, "new": 1}, "conv1", "layer1.0.conv1", "fc", "new")
	d := NewDiff(a, b, "a.json", "b.json")
	if len(d.Layers) != 3 || d.Layers[0].Path != "layer1.0.conv1" || d.Layers[1].Path != "fc" || d.Layers[2].Path != "conv1" {
		t.Fatalf("%+v", d.Layers)
	}
	if !d.Layers[0].Significant || !d.Layers[1].Significant || d.Layers[2].Significant {
		t.Errorf("marked %v, %v and %v", d.Layers[0].Significant, d.Layers[1].Significant, d.Layers[2].Significant)
	}
	if len(d.OnlyA) != 1 || d.OnlyA[0].Path != "old" || d.OnlyA[0].BMS != nil || len(d.OnlyB) != 1 || *d.OnlyB[0].BMS != 1 {
		t.Errorf("rows of one side: %+v, %+v", d.OnlyA, d.OnlyB)
	}
	if d.Total.DeltaMS < 0.89 || d.Total.DeltaMS > 0.91 || !d.Total.Significant {
		t.Errorf("total %+v", d.Total)
	}
}

// TestDiffWithItself: nothing differs; without samples there are no p-values.
func TestDiffWithItself(t *testing.T) {
	a := noisy(1, map[string]float64{"conv1": 1, "fc": 2}, "conv1", "fc")
	for _, r := range NewDiff(a, a, "", "").Layers {
		if r.Significant || r.Delta() != 0 || *r.PValue < 0.9 {
			t.Errorf("%+v", r)
		}
	}
	bare := *a
	bare.Total.SamplesMS = nil
	bare.Layers = []LayerRow{{Path: "conv1", Pass: "forward", MeanMS: 2}, {Path: "conv1", Pass: "forward", MeanMS: 1, Kernel: "second"}}
	d := NewDiff(a, &bare, "", "")
	if r := d.Layers[0]; r.PValue != nil || r.Significant || *r.BMS != 3 || d.Total.PValue != nil {
		t.Errorf("%+v, %+v", r, d.Total)
	}
}

// recordings returns recordings of processes that differ from each other by 5 %,
// more than passes within one do.
func recordings(seed uint64, ms float64, n int) (of []*Profile) {
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range n {
		of = append(of, noisy(seed+uint64(i), map[string]float64{"conv1": ms * (1 + 0.05*r.NormFloat64()), "fc": 1}, "conv1", "fc"))
	}
	return of
}

// TestPooledDiff: with several recordings, differences between processes count as
// noise; a real difference is still found.
func TestPooledDiff(t *testing.T) {
	row := func(d *Diff, path string) DiffRow {
		return d.Layers[slices.IndexFunc(d.Layers, func(r DiffRow) bool { return r.Path == path })]
	}
	a, b := recordings(1, 2, 5), recordings(11, 2, 5)
	if single := NewDiff(a[0], b[0], "", ""); !row(single, "conv1").Significant {
		t.Errorf("two processes are alike: %+v", row(single, "conv1"))
	}
	alike, err := NewPooledDiff(a, b, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if r := row(alike, "conv1"); r.Significant || alike.Total.Significant || alike.AboutA.Recordings != 5 || alike.AboutB.Runs != 250 {
		t.Errorf("%+v, %+v", r, alike)
	}
	slower, err := NewPooledDiff(a, recordings(21, 3, 5), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if r, fc := row(slower, "conv1"), row(slower, "fc"); !r.Significant || r.Delta() < 0.8 || r.Delta() > 1.2 || fc.Significant || !slower.Total.Significant {
		t.Errorf("%+v, %+v", r, fc)
	}
	if _, err := NewPooledDiff(a, b[:1], "", ""); err == nil || !strings.Contains(err.Error(), "5 recordings of A and 1 of B") {
		t.Errorf("five against one: %v", err)
	}
	b[1].Device.Threads = 7
	if _, err := NewPooledDiff(a, b, "", ""); err == nil || !strings.Contains(err.Error(), "7 threads") {
		t.Errorf("recordings of different nets: %v", err)
	}
}
