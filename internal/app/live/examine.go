package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
)

// noiseImages are how many a diagnosis takes where no images are given.
const noiseImages = 4

// examine diagnoses the net, with its lesions, on the given images, each once: forward, and
// with a backward pass.
func (r *runner) examine(ctx context.Context) error {
	c := r.whole.Config
	if c.Batch = noiseImages; r.options.Input != nil {
		c.Batch = r.options.Input.Shape[0]
	}
	m, err := resnet.Build(c, r.actual.lesions...)
	if err != nil {
		return err
	}
	o := r.session.Options()
	o.Progress, o.Pass = nil, nn.Pass{Mode: nn.Train}
	if r.options.EvalBackward {
		o.Mode = nn.Eval
	}
	if err := r.fits(m.Model, diagnose.Options(o, nn.Train, true)); err != nil {
		return err
	}
	given, err := r.options.given(m)
	if err != nil {
		return err
	}
	e, err := diagnose.Gather(ctx, r.device, m.Model, o, given)
	if err != nil {
		return app.ExplainMemory(r.device, m.Model, o, err)
	}
	found := &Findings{Tried: diagnose.Tried(e), Batch: c.Batch, Noise: !given.Real}
	for _, f := range diagnose.Diagnose(e) {
		found.List = append(found.List, Finding{f, r.options.command(f.Proof, c.Batch), outputOf(e, f.Path)})
	}
	r.results.Findings = found
	return nil
}

// outputOf describes the output of that name; nil if there is none.
func outputOf(e *diagnose.Evidence, path string) *nn.Statistics {
	place, err := inspect.Find(e.Net, path)
	if err != nil || e.Eval == nil {
		return nil
	}
	return e.Eval.Layers[place.Layer.Index]
}

// given is what a diagnosis has beside the net.
func (o *Options) given(m *resnet.Model) (diagnose.Given, error) {
	g := diagnose.Given{
		Images: o.input(m.Model), Real: o.Input != nil, Trained: o.Session.Source != nil,
		Target: o.target(m.Model), Backward: true,
	}
	if len(o.Target) > 0 {
		g.Labels = g.Target
	}
	return g, app.PadElsewhere(&g, m)
}

// command is the command line that shows a finding, on as many images.
func (o *Options) command(args []string, batch int) string {
	args = slices.Clone(args)
	if o.Input == nil {
		args = append(args, "--batch", fmt.Sprint(batch))
	}
	if o.Prove == nil {
		return "resnet-tui " + strings.Join(args, " ")
	}
	return o.Prove(args)
}

// fits is an error if a session has no room beside what runs.
func (r *runner) fits(m *nn.Model, o nn.SessionOptions) error {
	need, err := nn.Needs(r.device, m, o)
	if err != nil {
		return err
	}
	if limit := r.options.limit(); limit > 0 && need+r.held() > limit {
		return fmt.Errorf("it takes %s beside what runs, which do not fit into %s",
			profile.FormatBytes(need), profile.FormatBytes(limit))
	}
	return nil
}
