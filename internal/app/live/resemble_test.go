package live

import (
	"math"
	"testing"
)

// TestSimilarity: each block is like itself, likeness is mutual, and the twin has its own.
func TestSimilarity(t *testing.T) {
	e, _ := looker(t)
	e.Send(SetTwin{true})
	await(t, e, "the twin", func(s *State) bool { return s.Twin != nil })
	e.Send(MeasureSimilarity{})
	got := await(t, e, "similarity", func(s *State) bool { return s.Similarity != nil }).Similarity
	if got.Images != alikeNoise || !got.Noise || got.Twin == nil || got.Net.Name != "cifar_resnet8" || got.Twin.Name != "cifar_plain8" {
		t.Fatalf("%+v", got)
	}
	for _, a := range []*Alike{&got.Net, got.Twin} {
		if len(a.Paths) != 5 || len(a.CKA) != 5 { // the stem, three blocks and the pool
			t.Errorf("%s: %v", a.Name, a.Paths)
		}
		for i, row := range a.CKA {
			for j, v := range row {
				if !(math.Abs(v-a.CKA[j][i]) < 1e-9) || v > 1+1e-9 || i == j && math.Abs(v-1) > 1e-9 {
					t.Errorf("%s: %d, %d: %v and %v", a.Name, i, j, v, a.CKA[j][i])
				}
			}
		}
	}
	e.Send(SetTwin{false})
	e.Send(MeasureSimilarity{})
	await(t, e, "the net's alone", func(s *State) bool { return s.Similarity != got && s.Similarity.Twin == nil })
}
