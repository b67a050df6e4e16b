package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
)

// Compile makes a program as a device does, of the kernels that traits allow.
type Compile func(*tensor.Plan, tensor.State, tensor.Options, gpu.Traits) (tensor.Program, error)

// Run compares all kernels that a device with those traits may take, in each of its
// precisions. It returns how many it compared, and those that are wrong, or that the
// driver does not take.
func Run(ctx context.Context, dev tensor.Device, traits gpu.Traits, compile Compile) (kernels int, wrong []tensor.WrongKernel, err error) {
	c := check{dev: dev, compile: compile, traits: traits, few: dev.Info().Kind == tensor.KindSoftware, kernels: map[string]bool{}}
	for _, c.precision = range traits.Precisions {
		// Each round has other kernels for the same products.
		for before := -1; before < len(c.kernels); {
			before = len(c.kernels)
			if err := c.round(ctx); err != nil {
				return 0, nil, err
			}
		}
	}
	c.blame()
	return len(c.kernels), c.wrong, nil
}

// check is a comparison under way.
type check struct {
	dev       tensor.Device
	compile   Compile
	traits    gpu.Traits
	few       bool // cases only
	precision tensor.Precision
	kernels   map[string]bool // that had their turn
	results   []result
	wrong     []tensor.WrongKernel
}

// result is how far a step is off.
type result struct {
	kernels []string
	what    string // was computed
	off     float64
	limit   float64
}

// round compares kernels that had no turn yet, where others can compute the same.
func (c *check) round(ctx context.Context) error {
	t := c.traits
	t.Avoid = slices.Sorted(maps.Keys(c.kernels))
	p := plan(c.few, len(c.kernels) == 0)
	o := tensor.Options{Fuse: true, Precision: c.precision}
	for more := false; ; more = true {
		bp, err := gpu.New(p, o, t)
		if err != nil {
			return fmt.Errorf("the self-check's plan: %w", err)
		}
		for _, st := range bp.Steps {
			for _, name := range bp.Needs(st) {
				more = more || !c.kernels[name]
				c.kernels[name] = true
			}
		}
		if !more {
			return nil
		}
		broken, err := c.run(ctx, bp, o, t)
		if broken == nil {
			return err
		}
		c.wrong = append(c.wrong, tensor.WrongKernel{
			Name: broken.Kernel, What: "the driver does not take it: " + broken.Err.Error(),
		})
		p = without(p, bp, broken.Kernel)
	}
}

// run runs a plan and compares its results, or returns the kernel that the driver does not
// take.
func (c *check) run(ctx context.Context, bp *gpu.Blueprint, o tensor.Options, t gpu.Traits) (*gpu.KernelError, error) {
	s, err := c.dev.NewState(bp.Plan.Params, source{c.precision})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	prog, err := c.compile(bp.Plan, s, o, t)
	var broken *gpu.KernelError
	if errors.As(err, &broken) {
		return broken, nil
	}
	if err != nil {
		return nil, err
	}
	defer prog.Close()
	return nil, c.compare(ctx, bp, s, prog)
}

// without is a plan less the groups that need a kernel. What they wrote becomes an input
// that nobody reads.
func without(p *tensor.Plan, bp *gpu.Blueprint, kernel string) *tensor.Plan {
	drop := map[int]bool{}
	for _, st := range bp.Steps {
		if slices.Contains(bp.Needs(st), kernel) {
			for _, i := range ops(st) {
				drop[i] = true
			}
		}
	}
	q := *p
	q.Ops = nil
	for i, op := range p.Ops {
		if !drop[i] {
			q.Ops = append(q.Ops, op)
			continue
		}
		for _, id := range op.Out {
			q.Buffers[id].Class = tensor.Input
		}
	}
	return &q
}

// ops are the operations of a step.
func ops(st *gpu.Step) []int { return append([]int{st.Group.Head}, st.Group.Absorbed...) }

// compare runs the plan on the device and on the reference.
func (c *check) compare(ctx context.Context, bp *gpu.Blueprint, s tensor.State, prog tensor.Program) error {
	p := bp.Plan
	ref, err := tensor.NewReference[float64](p, source{c.precision})
	if err != nil {
		return err
	}
	for _, id := range p.Find(tensor.Input) {
		t := values(&p.Buffers[id], id)
		round(t.Data, c.precision)
		if err := errors.Join(ref.Set(id, t.Data), prog.Write(id, t)); err != nil {
			return err
		}
	}
	if err := ref.Run(scalars); err != nil {
		return err
	}
	var running int // the head of the step: with labels, a device runs one at a time
	label := func(head int) context.Context { running = head; return nil }
	if err := prog.Run(ctx, tensor.RunOptions{Scalars: scalars, Label: label}); err != nil {
		return inStep(bp, running, err)
	}
	for _, st := range bp.Steps {
		off, err := distance(p, st, ref, s, prog)
		if err != nil {
			return err
		}
		c.results = append(c.results, result{bp.Needs(st), what(p, st), off, limits[c.precision]})
	}
	return nil
}

// inStep names the kernels that ran when a device failed.
func inStep(bp *gpu.Blueprint, head int, err error) error {
	for _, st := range bp.Steps {
		if st.Group.Head == head {
			return fmt.Errorf("%s (%s): %w", strings.Join(bp.Needs(st), ", "), what(bp.Plan, st), err)
		}
	}
	return err
}

// distance is how far a step's results are off: the largest relative L2 error, or NaN.
func distance(p *tensor.Plan, st *gpu.Step, ref *tensor.Reference[float64], s tensor.State, prog tensor.Program) (float64, error) {
	worst := 0.0
	for _, i := range ops(st) {
		for _, id := range p.Ops[i].Out {
			b := &p.Buffers[id]
			if b.Class == tensor.Scratch {
				continue
			}
			t := tensor.New(b.Shape...)
			if err := prog.Read(id, t); err != nil {
				return 0, err
			}
			worst = math.Max(worst, relative(t.Data, ref.Buffer(id)))
		}
	}
	for _, id := range st.Changes {
		t := tensor.New(p.Params[id].Shape...)
		if err := s.Read(p.Params[id].Name, t); err != nil {
			return 0, err
		}
		worst = math.Max(worst, relative(t.Data, ref.Param(p.Params[id].Name)))
	}
	return worst, nil
}

// relative is ‖got − want‖ / ‖want‖.
func relative(got []float32, want []float64) float64 {
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - w
		diff += d * d
		norm += w * w
	}
	return math.Sqrt(diff / norm)
}

// limits are what results may be off by. Inputs are rounded to the precision before, so
// that products are exact and only sums round.
var limits = map[tensor.Precision]float64{tensor.FP32: 1e-5, tensor.TF32: 1e-4, tensor.BF16: 1e-4, tensor.FP16: 1e-4}

// blame finds the fewest kernels that explain the wrong results. One that took part in a
// right result explains a wrong one only if all of its kernels did.
func (c *check) blame() {
	cleared := map[string]bool{}
	var wrong []result // that nothing explains yet
	for _, r := range c.results {
		if !(r.off <= r.limit) { // or it is NaN
			wrong = append(wrong, r)
			continue
		}
		for _, k := range r.kernels {
			cleared[k] = true
		}
	}
	for len(wrong) > 0 {
		explains := map[string]int{}
		most := 0
		for _, r := range wrong {
			for _, k := range r.suspects(cleared) {
				explains[k]++
				most = max(most, explains[k])
			}
		}
		rest := wrong[:0:0]
		for _, r := range wrong {
			blamed := false
			for _, k := range r.suspects(cleared) {
				if explains[k] == most {
					c.accuse(k, r)
					blamed = true
				}
			}
			if !blamed {
				rest = append(rest, r)
			}
		}
		wrong = rest
	}
}

// suspects are a wrong result's kernels that were not cleared, or all if all were.
func (r *result) suspects(cleared map[string]bool) []string {
	all := slices.Compact(slices.Sorted(slices.Values(r.kernels)))
	some := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return cleared[k] })
	if len(some) > 0 {
		return some
	}
	return all
}

// accuse notes a wrong kernel.
func (c *check) accuse(kernel string, r result) {
	if slices.ContainsFunc(c.wrong, func(w tensor.WrongKernel) bool { return w.Name == kernel }) {
		return
	}
	says := fmt.Sprintf("%s is off by %.2g", r.what, r.off)
	if math.IsNaN(r.off) {
		says = r.what + " gives NaN"
	}
	c.wrong = append(c.wrong, tensor.WrongKernel{Name: kernel, What: says})
}

// what names what a step computes.
func what(p *tensor.Plan, st *gpu.Step) string {
	op := &p.Ops[st.Group.Head]
	s := op.Kind.String()
	if op.KH > 0 {
		s += fmt.Sprintf(" %d×%d", op.KH, op.KW)
	}
	for _, i := range st.Group.Absorbed {
		s += fmt.Sprint(" + ", p.Ops[i].Kind)
	}
	return s
}

// kept are the bits of a mantissa that a precision has, of float32's 23.
var kept = map[tensor.Precision]int{tensor.FP32: 23, tensor.TF32: 10, tensor.BF16: 7, tensor.FP16: 10}

// round cuts values to a precision.
func round(x []float32, p tensor.Precision) {
	mask := ^uint32(0) << (23 - kept[p])
	for i, v := range x {
		x[i] = math.Float32frombits(math.Float32bits(v) & mask)
	}
}
