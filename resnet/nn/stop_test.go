package nn_test

import (
	"context"
	"errors"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// ending is a source of weights during whose work someone gives up.
type ending struct {
	tensortest.Values
	stop  context.CancelFunc
	loads int
}

func (e *ending) Load(p tensor.Param, t *tensor.Tensor) error {
	e.loads++
	e.stop()
	return e.Values.Load(p, t)
}

// TestLoadingStops: a session that is being made loads no more weights once it is not
// wanted, and one that is made loads weights long after that.
func TestLoadingStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	source := &ending{Values: tensortest.Values{Seed: 1}, stop: stop}
	m := build(t, small)
	if _, err := nn.NewSession(ctx, tensortest.Reference(), m, nn.SessionOptions{Source: source}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if source.loads > 2 {
		t.Errorf("%d weights were loaded", source.loads)
	}
	ctx, stop = context.WithCancel(t.Context())
	s, err := nn.NewSession(ctx, tensortest.Reference(), m, nn.SessionOptions{Source: tensortest.Values{Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	next, err := s.Recompile(t.Context(), m, func(o *nn.SessionOptions) { o.Mode = nn.Train })
	if err != nil {
		t.Fatalf("a change after the start: %v", err)
	}
	if err := errors.Join(s.Close(), next.Close()); err != nil {
		t.Error(err)
	}
}
