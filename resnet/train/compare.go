package train

import (
	"context"
	"errors"
	"math"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// Compare trains several nets with several seeds each, one run after another:
// the nets of one seed first. The runs share everything else, and the history.
// A run that diverges does not stop the others; its error is in Failed.
func Compare(ctx context.Context, dev tensor.Device, nets []*resnet.Model, seeds []uint64, o Options) (c Comparison, err error) {
	o.Shared = len(nets)*len(seeds) > 1
	for _, seed := range seeds {
		for _, m := range nets {
			o.Seed = seed
			r, err := Train(ctx, dev, m, o)
			c.Results = append(c.Results, r)
			var diverged *DivergedError
			if errors.As(err, &diverged) {
				c.Failed = append(c.Failed, err)
			} else if err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// Comparison is what runs have come to.
type Comparison struct {
	Results []Result
	Failed  []error
}

// Spread is a number over several seeds.
type Spread struct {
	N              int // seeds that have it
	Mean, Min, Max float64
}

func spreadOf(values []float64) Spread {
	s := Spread{N: len(values), Min: math.Inf(1), Max: math.Inf(-1)}
	for _, v := range values {
		s.Mean += v / float64(s.N)
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
	}
	return s
}

// Outcome is what the runs of one net have come to, over its seeds, in the
// last epoch that all of them ended.
type Outcome struct {
	Model                                      string
	Epoch                                      int // 0: not all have ended one
	TrainLoss, TrainError, TestLoss, TestError Spread
}

// Outcomes sums up a history by net, in the order in which nets begin.
func Outcomes(tracks []*Track) []Outcome {
	var outcomes []Outcome
	byModel := map[string][]*Track{}
	for _, t := range tracks {
		if byModel[t.Model] == nil {
			outcomes = append(outcomes, Outcome{Model: t.Model})
		}
		byModel[t.Model] = append(byModel[t.Model], t)
	}
	for i := range outcomes {
		outcomes[i].sum(byModel[outcomes[i].Model])
	}
	return outcomes
}

func (o *Outcome) sum(tracks []*Track) {
	o.Epoch = math.MaxInt
	for _, t := range tracks {
		o.Epoch = min(o.Epoch, len(t.Epochs))
	}
	var trainLoss, trainError, testLoss, testError []float64
	for _, t := range tracks {
		if o.Epoch == 0 {
			return
		}
		r := t.Epochs[o.Epoch-1]
		trainLoss, trainError = append(trainLoss, r.TrainLoss), append(trainError, r.TrainError)
		testLoss, testError = appendKnown(testLoss, r.TestLoss), appendKnown(testError, r.TestError)
	}
	o.TrainLoss, o.TrainError, o.TestLoss, o.TestError = spreadOf(trainLoss), spreadOf(trainError), spreadOf(testLoss), spreadOf(testError)
}

func appendKnown(list []float64, v *float64) []float64 {
	if v == nil {
		return list
	}
	return append(list, *v)
}
