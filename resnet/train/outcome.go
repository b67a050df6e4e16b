package train

import (
	"math"
	"slices"

	"resnet-tui/resnet"
)

// SeedStats sums up a figure over several seeds: the mean and the range.
type SeedStats struct {
	N    int     `json:"n"` // seeds for which it is known
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
}

// seedStats sums up values, one per seed.
func seedStats(values []float64) SeedStats {
	if len(values) == 0 {
		return SeedStats{}
	}
	s := SeedStats{N: len(values), Min: slices.Min(values), Max: slices.Max(values)}
	for _, v := range values {
		s.Mean += v / float64(s.N)
	}
	return s
}

// Outcome sums up the runs of one net over its seeds.
type Outcome struct {
	Model      string    `json:"arch"`
	TrainLoss  SeedStats `json:"train_loss"`
	TrainError SeedStats `json:"train_error"`
	TestLoss   SeedStats `json:"test_loss,omitzero"`
	TestError  SeedStats `json:"test_error,omitzero"`
}

// Ratio is the training loss of net A divided by that of net B, for each seed.
type Ratio struct {
	A     string    `json:"a"`
	B     string    `json:"b"`
	Ratio SeedStats `json:"ratio"`
}

// Summary compares the nets of a history, all at the same epoch: the last that every
// run has completed.
type Summary struct {
	Epoch    int       `json:"epoch"`
	Outcomes []Outcome `json:"outcomes"` // in the order in which the nets started
	Ratios   []Ratio   `json:"ratios,omitempty"`
}

// Summarise sums up runs by net. It returns nil while there is a run without a
// completed epoch. The ratios compare plain nets with their residual twins, and nets
// with shallower ones of their kind.
func Summarise(tracks []*Track) *Summary {
	s := &Summary{Epoch: math.MaxInt}
	at := map[Run]EpochRecord{}
	for _, t := range tracks {
		s.Epoch = min(s.Epoch, len(t.Epochs))
	}
	if len(tracks) == 0 || s.Epoch == 0 {
		return nil
	}
	var nets []string
	for _, t := range tracks {
		at[t.Run] = t.Epochs[s.Epoch-1]
		if !slices.Contains(nets, t.Model) {
			nets = append(nets, t.Model)
		}
	}
	for _, net := range nets {
		s.Outcomes = append(s.Outcomes, outcome(net, tracks, at))
	}
	for _, a := range nets {
		for _, b := range nets {
			if worthComparing(a, b) {
				s.Ratios = append(s.Ratios, ratio(a, b, tracks, at))
			}
		}
	}
	return s
}

// outcome sums up the runs of one net; at holds their records of the same epoch.
func outcome(net string, tracks []*Track, at map[Run]EpochRecord) Outcome {
	var trainLoss, trainError, testLoss, testError []float64
	for _, t := range tracks {
		if t.Model != net {
			continue
		}
		r := at[t.Run]
		trainLoss = append(trainLoss, r.TrainLoss)
		trainError = append(trainError, r.TrainError)
		testLoss = appendKnown(testLoss, r.TestLoss)
		testError = appendKnown(testError, r.TestError)
	}
	return Outcome{
		Model: net, TrainLoss: seedStats(trainLoss), TrainError: seedStats(trainError),
		TestLoss: seedStats(testLoss), TestError: seedStats(testError),
	}
}

// appendKnown appends a figure, unless it is unknown.
func appendKnown(list []float64, v *float64) []float64 {
	if v == nil {
		return list
	}
	return append(list, *v)
}

// worthComparing reports whether net a is the plain twin of b, or a deeper net of the
// same kind.
func worthComparing(a, b string) bool {
	x, errA := resnet.ParseArch(a)
	y, errB := resnet.ParseArch(b)
	if errA != nil || errB != nil {
		return false
	}
	if x.Depth == y.Depth {
		twin, ok := y.Twin() // of the net with skips, since a plain one's name doesn't say which it lacks
		return ok && x.Plain && twin.Arch == a
	}
	return x.Depth > y.Depth && kindOf(x) == kindOf(y)
}

// kindOf is c without what depends on the depth.
func kindOf(c resnet.Config) resnet.Config {
	c.Arch = ""
	c.Depth = 0
	c.Block = resnet.BlockDefault
	c.Blocks = resnet.Blocks{}
	return c
}

// ratio divides the training losses of runs of a and b with the same seed, which share the
// order of the images and every initial weight that both nets have. Seeds for which the
// ratio isn't finite are left out: a net that has learned everything has a loss of zero.
func ratio(a, b string, tracks []*Track, at map[Run]EpochRecord) Ratio {
	var ratios []float64
	for _, t := range tracks {
		if other, ok := at[Run{b, t.Seed}]; t.Model == a && ok {
			if q := at[t.Run].TrainLoss / other.TrainLoss; !math.IsNaN(q) && !math.IsInf(q, 0) {
				ratios = append(ratios, q)
			}
		}
	}
	return Ratio{a, b, seedStats(ratios)}
}
