package train

import (
	"context"
	"errors"

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
