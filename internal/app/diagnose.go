package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/nn"
)

// DiagnoseOptions say what a diagnosis goes by, beside a net and its images.
type DiagnoseOptions struct {
	Rate     float64 `json:"lr,omitempty"`           // of the training that the backward pass stands for; 0: none
	Momentum float64 `json:"momentum,omitempty"`     // likewise
	Decay    float64 `json:"weight_decay,omitempty"` // likewise
	Profile  bool    `json:"profile,omitempty"`      // time some passes too, for the rules on time and memory
	FailOn   string  `json:"fail_on,omitempty"`      // the mildest finding that is a failure: a severity; "": none
	// Prove makes a command line that shows a finding of the arguments of a command; nil
	// adds nothing to them.
	Prove func(args []string) string `json:"-"`
}

// FoundError says what a diagnosis found that counts as a failure.
type FoundError struct{ lines []string }

// Error names the findings in one line.
func (e *FoundError) Error() string { return strings.Join(e.lines, "; ") }

// Images that a diagnosis takes where nothing says how many.
const (
	diagnoseNoise  = 4
	diagnoseImages = 16 // of a data set
)

// Diagnose runs a net, forward in both modes and with a backward pass if the spec has one,
// and reports what is wrong with it. Findings that FailOn counts come with a *FoundError.
func (v Service) Diagnose(ctx context.Context, spec Spec, o DiagnoseOptions, l Listener) (*report.Diagnosis, error) {
	if err := o.check(spec); err != nil {
		return nil, err
	}
	s, err := resolve(ctx, spec, diagnoseBatch(spec), l)
	if err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	d, err := v.diagnose(ctx, b, o)
	if err := errors.Join(err, b.Close()); err != nil {
		return nil, err
	}
	return d, o.verdict(d)
}

// diagnoseBatch is the number of images where neither the spec nor its files say it.
func diagnoseBatch(spec Spec) int {
	if spec.Input.Data.Name == "" {
		return diagnoseNoise
	}
	return min(diagnoseImages, cmp.Or(spec.Input.Data.Limit, diagnoseImages))
}

// check refuses options that do not go with the spec.
func (o *DiagnoseOptions) check(spec Spec) error {
	backward := spec.Step.Backward || spec.Step.Update || spec.Step.Paths > 0
	switch {
	case spec.Run.Mode != "" && !backward:
		return refuse("{mode} is that of the backward pass, a diagnosis goes forward in both: add {backward}")
	case o.Rate == 0 && (o.Momentum != 0 || o.Decay != 0):
		return refuse("{momentum} and {weight-decay} are judged with a learning rate: add {lr}")
	case o.Rate != 0 && !backward:
		return refuse("{lr} is judged by the gradients: add {backward}")
	}
	if _, ok := diagnose.SeverityNamed(o.FailOn); !ok && o.FailOn != "" {
		return refuse("{fail-on} %s: it must be one of %s", o.FailOn, strings.Join(diagnose.Severities(), ", "))
	}
	return nil
}

// verdict is an error if there are findings that count as a failure.
func (o *DiagnoseOptions) verdict(d *report.Diagnosis) error {
	if o.FailOn == "" {
		return nil
	}
	least := slices.Index(diagnose.Severities(), o.FailOn)
	var lines []string
	for _, f := range d.Findings {
		if slices.Index(diagnose.Severities(), f.Severity) >= least {
			lines = append(lines, fmt.Sprintf("%s %s at %s", f.Severity, f.Rule, f.Path))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &FoundError{lines}
}

// diagnose gathers evidence and reports what the rules find in it.
func (v Service) diagnose(ctx context.Context, b *Bench, o DiagnoseOptions) (*report.Diagnosis, error) {
	given, err := b.given(o)
	if err != nil {
		return nil, err
	}
	so := b.options()
	if err := checkMemory(b.device, b.model.Model, diagnose.Options(so, nn.Train, given.Backward)); err != nil {
		return nil, err
	}
	e, err := diagnose.Gather(ctx, b.device, b.model.Model, so, given)
	if err != nil {
		return nil, ExplainMemory(b.device, b.model.Model, so, err)
	}
	if o.Profile {
		if err := v.addTimes(ctx, b, e); err != nil {
			return nil, err
		}
	}
	d := report.NewDiagnosis(e, o.prove(b))
	weights := cmp.Or(b.spec.Weights, fmt.Sprintf("random, seed %d", b.spec.seed()))
	d.Model, d.Device, d.Input = profile.Describe(b.model, weights), b.describeDevice(), b.describeInput()
	d.Model.Partial, d.Backward = b.partial, given.Backward
	return d, nil
}

// prove makes command lines that show findings. They run on as many images.
func (o *DiagnoseOptions) prove(b *Bench) func(args []string) string {
	return func(args []string) string {
		args = slices.Clone(args)
		if args[0] == "run" && b.spec.Input.Data.Name != "" { // which takes no data set
			args[0] = "eval"
			args = append(args, "--limit", fmt.Sprint(b.model.Config.Batch))
		} else if b.images == nil || b.spec.Input.Data.Name != "" {
			args = append(args, "--batch", fmt.Sprint(b.model.Config.Batch))
		}
		if o.Prove == nil {
			return strings.Join(args, " ")
		}
		return o.Prove(args)
	}
}

// given is what a bench knows beside its net.
func (b *Bench) given(o DiagnoseOptions) (diagnose.Given, error) {
	g := diagnose.Given{
		Images: b.input(), Real: b.images != nil, Trained: b.spec.Weights != "", Labels: b.Labels(), Target: b.target,
		Backward: b.spec.Step.Backward, Rate: o.Rate, Momentum: o.Momentum, Decay: o.Decay,
	}
	if b.partial != nil {
		g.Missing = b.partial.Missing
	}
	return g, PadElsewhere(&g, b.model)
}

// PadElsewhere gives a diagnosis the same net with the zero channels of its skips
// elsewhere, if it has such skips.
func PadElsewhere(g *diagnose.Given, m *resnet.Model) error {
	other := map[resnet.Shortcut]resnet.Shortcut{
		resnet.ShortcutA: resnet.ShortcutAEnd, resnet.ShortcutAEnd: resnet.ShortcutA,
	}[m.Config.Shortcut]
	if other == resnet.ShortcutDefault || m.Config.Plain {
		return nil
	}
	c := m.Config
	c.Arch, c.Shortcut = "", other
	twin, err := resnet.Build(c, m.Lesions...)
	if err != nil {
		return err
	}
	g.Twin, g.TwinName = twin.Model, other.String()
	return nil
}

// diagnosePasses are timed for the rules on time.
const diagnosePasses = 10

// addTimes adds what a short profile says.
func (v Service) addTimes(ctx context.Context, b *Bench, e *diagnose.Evidence) error {
	passes, warmup := diagnosePasses, 2
	p, err := v.passes(ctx, b, ProfileOptions{Runs: &passes, Warmup: &warmup})
	if err != nil {
		return err
	}
	if err := v.placeUnderRoofs(ctx, p.Profile.Profile, b.device, b.listener); err != nil {
		return err
	}
	for _, r := range p.Layers {
		e.Times = append(e.Times, diagnose.LayerTime{
			Path: r.Path, MS: cmp.Or(r.TypicalMS,
				r.MeanMS), Share: float64(r.Share), Roof: float64(r.Roof), Bound: string(r.Bound),
		})
	}
	if peak := p.Memory.Peak; peak != nil && len(peak.Holders) > 0 {
		e.Memory = &diagnose.Memory{
			Path: peak.Path, Bytes: peak.LiveBytes, Largest: peak.Holders[0].Name, Most: peak.Holders[0].Bytes,
		}
	}
	return nil
}
