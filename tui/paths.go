package tui

import (
	"context"

	"resnet-tui/resnet/nn"
)

// exactPaths is how many lengths are carried apart unless the options say.
const exactPaths = 16

// trace splits the gradient by path length, until a wish interrupts it.
func (e *engine) trace() {
	e.tracing = false
	if e.state.grads == nil {
		e.pass() // the view shows both
		e.look()
	}
	if e.state.phase == failed {
		return
	}
	e.state.phase, e.state.stage, e.state.done, e.state.total = tracing, "path lengths", 0, 0
	e.publish()
	k := e.opts.Paths
	if k == 0 {
		k = exactPaths
	}
	report := e.progress()
	var spectra []nn.PathSpectrum
	err := e.cancellable(func(ctx context.Context) (err error) {
		spectra, err = e.session.PathLengths(ctx, k, func(done, total int64) { report("path lengths", done, total) })
		return err
	})
	switch {
	case err != nil:
		e.state.notice = err.Error()
	case spectra == nil:
		e.state.notice = "path lengths: interrupted"
	default:
		e.state.paths = spectra
	}
	e.rest()
}
