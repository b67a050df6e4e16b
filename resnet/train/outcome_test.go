package train

import "testing"

// TestRatioOfZeroLosses: a seed whose ratio isn't finite is left out, as JSON has no
// number for it.
func TestRatioOfZeroLosses(t *testing.T) {
	var tracks []*Track
	add := func(model string, seed uint64, loss float64) {
		run := Run{Model: model, Seed: seed}
		tracks = append(tracks, &Track{Run: run, Epochs: []EpochRecord{{Run: run, Epoch: 1, TrainLoss: loss}}})
	}
	for seed, losses := range [][2]float64{{1, 0}, {0, 0}, {3, 2}} {
		add("cifar_plain8", uint64(seed), losses[0])
		add("cifar_resnet8", uint64(seed), losses[1])
	}
	s := Summarise(tracks)
	if len(s.Ratios) != 1 {
		t.Fatalf("ratios %+v", s.Ratios)
	}
	if want := (SeedStats{N: 1, Mean: 1.5, Min: 1.5, Max: 1.5}); s.Ratios[0].Ratio != want {
		t.Errorf("ratio %+v, want %+v", s.Ratios[0].Ratio, want)
	}
}
