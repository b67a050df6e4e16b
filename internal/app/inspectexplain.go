package app

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
)

// ExplainOptions say which class is explained, and how. A zero field is the usual: the last
// block, the likeliest class, and a size that suits the image.
type ExplainOptions struct {
	Look
	Method string // of ExplainMethods
	Class  string // a number or a name
	Steps  int    // of integrated gradients
	Patch  int    // of occlusion, in pixels
	Stride int    // of occlusion, in pixels
	Check  bool   // whether the map is checked too
}

// ExplainMethods are the names of the methods, the usual one first.
func ExplainMethods() []string {
	var names []string
	for _, m := range inspect.Methods {
		names = append(names, string(m))
	}
	return names
}

// InspectExplain reports which part of an image made a class likely.
func (v Service) InspectExplain(ctx context.Context, spec Spec, o ExplainOptions, l Listener) (_ *report.Explain, err error) {
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, err
	}
	options, class, err := s.explaining(o)
	if err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	base, err := b.session(ctx)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	sample := inspect.Sample{Session: base, Batch: b.input(), Index: o.Image}
	if class < 0 {
		if class, err = likeliest(ctx, sample); err != nil {
			return nil, err
		}
	}
	return b.explain(ctx, sample, options, class, o.Check)
}

// explaining is what options mean for a net and its images; the class is −1 if it is the
// likeliest.
func (s *subject) explaining(o ExplainOptions) (inspect.Options, int, error) {
	shape := s.model.Input
	options := inspect.DefaultOptions(inspect.Method(o.Method), shape[2], shape[3])
	if o.Method == "" {
		options.Method = inspect.GradCAM
	}
	class, err := s.class(o.Class)
	if err == nil {
		err = s.checkImage(o.Image)
	}
	if err == nil {
		err = s.settings(&options, o)
	}
	return options, class, err
}

// settings takes over what belongs to a method, and refuses what belongs to another.
func (s *subject) settings(to *inspect.Options, o ExplainOptions) (err error) {
	for _, x := range []struct {
		field string
		given bool
		of    inspect.Method
	}{
		{"at", o.At != "", inspect.GradCAM}, {"steps", o.Steps != 0, inspect.Integrated},
		{"patch", o.Patch != 0, inspect.Occlusion}, {"stride", o.Stride != 0, inspect.Occlusion},
	} {
		if x.given && to.Method != x.of {
			return refuse("{"+x.field+"} belongs to {method} %s, not to %s", x.of, to.Method)
		}
	}
	to.At = inspect.LastBlock(s.model.Model)
	if o.At != "" {
		if to.At, err = s.place(o.At); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		to    *int
		value int
	}{{&to.Steps, o.Steps}, {&to.Patch, o.Patch}, {&to.Stride, o.Stride}} {
		if x.value != 0 {
			*x.to = x.value
		}
	}
	return refused(to.Check(s.model.Input))
}

// class finds a class by its number or name; −1 for "".
func (s *subject) class(text string) (int, error) {
	classes := s.model.Classes()
	if text == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		if n < 0 || n >= classes {
			return 0, refuse("{class} %d: the net has %d classes, from 0", n, classes)
		}
		return n, nil
	}
	names := ClassNames(s.model.Config)
	for i, name := range names {
		if strings.EqualFold(name, strings.TrimSpace(text)) {
			return i, nil
		}
	}
	if names == nil {
		return 0, refuse("{class} %q: the names of this net's %d classes are not known: give a number, from 0", text, classes)
	}
	return 0, refuse("{class} %q: there is no class of that name: give one as %q, or a number from 0 to %d", text, names[0], classes-1)
}

// likeliest is the class of a sample's image with the largest logit.
func likeliest(ctx context.Context, s inspect.Sample) (int, error) {
	if err := s.Session.Run(ctx, nil); err != nil {
		return 0, err
	}
	logits, err := s.Session.Logits()
	if err != nil {
		return 0, err
	}
	class, most := -1, math.Inf(-1)
	for i, v := range train.Image(logits, s.Index) {
		if x := float64(v); x > most {
			class, most = i, x
		}
	}
	if class < 0 || math.IsInf(most, 0) {
		return 0, errors.New("the net's output is not finite: there is no likeliest class to explain")
	}
	return class, nil
}

// explain explains a class and reports it.
func (b *Bench) explain(
	ctx context.Context, s inspect.Sample, o inspect.Options, class int, check bool,
) (_ *report.Explain, err error) {
	e, err := inspect.NewExplainer(ctx, s, o)
	if err != nil {
		return nil, b.explainMemory(err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	b.listener.progress(Progress{Stage: "explain", Text: "explaining by " + string(o.Method)})
	x, err := e.Explain(ctx, class)
	if err != nil {
		return nil, err
	}
	r := report.NewExplain(x, o, s.Image())
	r.Model, r.Device, r.Input, r.Mode = b.describe(s.Session), b.describeDevice(), b.describeInput(), b.spec.Run.Mode
	r.Image = s.Index
	if names := ClassNames(b.model.Config); names != nil {
		r.Name = names[class]
	}
	if check {
		err = b.check(ctx, s, o, x, &r.Checks)
	}
	return r, err
}

// check measures what an explanation is worth.
func (b *Bench) check(
	ctx context.Context, s inspect.Sample, o inspect.Options, x *inspect.Explanation, to *report.ExplainChecks,
) error {
	b.listener.progress(Progress{Stage: "check", Text: "checking the map by deletion and insertion"})
	pixels, err := inspect.CheckPixels(ctx, s, x)
	if err != nil {
		return b.explainMemory(err)
	}
	b.listener.progress(Progress{Stage: "check", Text: "checking the map with fresh weights"})
	fresh, err := inspect.CheckRandomised(ctx, b.device, s, o, x, b.spec.seed()+1)
	if err != nil {
		return b.explainMemory(err)
	}
	deletion, insertion, randomised := report.Number(pixels.Deletion), report.Number(pixels.Insertion), report.Number(fresh)
	to.Deletion, to.Insertion = &deletion, &insertion
	if !math.IsNaN(fresh) { // else a map is the same everywhere, and has no ranks
		to.Randomised = &randomised
	}
	return nil
}

// explainMemory adds to the error of what did not fit beside the net what would.
func (b *Bench) explainMemory(err error) error {
	o := b.options()
	o.Pass = nn.Pass{Mode: o.Mode, Backward: &nn.Backward{NoParams: true}}
	return ExplainMemory(b.device, b.model.Model, o, err)
}
