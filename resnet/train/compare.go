package train

import (
	"context"
	"errors"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// Compare trains each net with each seed, one run after another: all nets with the
// first seed, then all with the second. The runs share all other options, including
// the history.
//
// A run that diverges doesn't stop the others; its error is in Failed. Any other error
// of Train ends the comparison and is returned, with the results so far.
func Compare(
	ctx context.Context, dev tensor.Device, nets []*resnet.Model, seeds []uint64, o Options,
) (c Comparison, err error) {
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

// Comparison holds the results of several runs.
type Comparison struct {
	Results []Result // in the order in which they ran
	Failed  []error  // a *DivergedError for each run that diverged
}
