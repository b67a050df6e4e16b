package profile

import (
	"math/rand/v2"
	"testing"
)

// noisy is a profile of layers with the given times and 2 % of noise.
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
		t.Errorf("alone: %+v, %+v", d.OnlyA, d.OnlyB)
	}
	if d.Total.DeltaMS < 0.89 || d.Total.DeltaMS > 0.91 || !d.Total.Significant {
		t.Errorf("total %+v", d.Total)
	}
}

// TestDiffWithItself: nothing differs, and nothing can be said without samples.
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
