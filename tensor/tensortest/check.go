package tensortest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

// compiled is a program with what it was made of.
type compiled struct {
	tensor.Program
	plan      *tensor.Plan
	state     tensor.State
	precision tensor.Precision
}

// compile compiles a plan on a fresh state for the test's duration.
func (s *suite) compile(t *testing.T, p *tensor.Plan, seed uint64, o tensor.Options) *compiled {
	t.Helper()
	state, err := s.dev.NewState(p.Params, Values{seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	return s.compileOn(t, state, p, o)
}

// compileOn compiles a plan on a state.
func (s *suite) compileOn(t *testing.T, state tensor.State, p *tensor.Plan, o tensor.Options) *compiled {
	t.Helper()
	if o.Precision == tensor.FP32 {
		o.Precision = s.precision
	}
	prog, err := s.dev.Compile(p, state, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	s.prepare(prog)
	return &compiled{Program: prog, plan: p, state: state, precision: o.Precision}
}

// readings are the values of buffers that can be read after a run.
type readings map[tensor.BufferID][]float32

// write fills all inputs.
func (c *compiled) write(t *testing.T, seed uint64) {
	t.Helper()
	for _, id := range c.plan.Find(tensor.Input) {
		if err := c.Write(id, inputs(c.plan, id, seed, c.precision)); err != nil {
			t.Fatal(err)
		}
	}
}

// runs runs the program on fresh inputs, and reads what can be read.
func (c *compiled) runs(t *testing.T, seed uint64) readings {
	t.Helper()
	c.write(t, seed)
	return c.again(t, ScalarValues(c.plan))
}

// again runs the program on the inputs that it has.
func (c *compiled) again(t *testing.T, scalars []float32) readings {
	t.Helper()
	if err := c.Run(context.Background(), tensor.RunOptions{Scalars: scalars}); err != nil {
		t.Fatal(err)
	}
	return c.read(t)
}

// readable are a plan's buffers that can be read after a run.
func readable(p *tensor.Plan) []tensor.BufferID {
	return append(p.Find(tensor.Output), p.Find(tensor.Kept)...)
}

// read reads all Output and Kept buffers.
func (c *compiled) read(t *testing.T) readings {
	t.Helper()
	out := readings{}
	for _, id := range readable(c.plan) {
		x := tensor.New(c.plan.Buffers[id].Shape...)
		if err := c.Read(id, x); err != nil {
			t.Fatal(err)
		}
		out[id] = x.Data
	}
	return out
}

// params reads all parameters.
func (c *compiled) params(t *testing.T) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range c.plan.Params {
		x := tensor.New(p.Shape...)
		if err := c.state.Read(p.Name, x); err != nil {
			t.Fatal(err)
		}
		all[p.Name] = x.Data
	}
	return all
}

// inputs are InputValues that a precision can hold, so that what only moves values, or
// picks the largest, has the oracle's results in each.
func inputs(p *tensor.Plan, id tensor.BufferID, seed uint64, precision tensor.Precision) *tensor.Tensor {
	t := InputValues(p, id, seed)
	if precision != tensor.FP32 {
		truncate(t.Data)
	}
	return t
}

// truncate cuts values down to the 8 bits of a bf16's mantissa, which is the shortest.
func truncate(x []float32) {
	for i, v := range x {
		x[i] = math.Float32frombits(math.Float32bits(v) &^ 0xffff)
	}
}

// oracle runs a plan in float64, several times on the same inputs.
func (s *suite) oracle(t *testing.T, p *tensor.Plan, seed uint64, times int, scalars []float32) *tensor.Reference[float64] {
	t.Helper()
	r, err := tensor.NewReference[float64](p, Values{seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range p.Find(tensor.Input) {
		if err := r.Set(id, inputs(p, id, seed, s.precision).Data); err != nil {
			t.Fatal(err)
		}
	}
	for range times {
		if err := r.Run(scalars); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// check runs a plan once and compares everything that can be read with the
// oracle. The bar of each buffer is what its operations may add up to, and no
// more than most.
func (s *suite) check(t *testing.T, p *tensor.Plan, seed uint64, o tensor.Options, most float64) {
	t.Helper()
	if s.refused(t, p, 1) {
		return
	}
	s.cases++
	c := s.compile(t, p, seed, o)
	c.compare(t, c.runs(t, seed), s.oracle(t, p, seed, 1, ScalarValues(p)), most)
	c.Close()
	c.state.Close()
}

// compare compares readings with the oracle's.
func (c *compiled) compare(t *testing.T, got readings, r *tensor.Reference[float64], most float64) {
	t.Helper()
	bars := bars(c.plan, most, c.precision)
	var off misses
	for _, id := range readable(c.plan) {
		what := fmt.Sprintf("buffer %d (%v)", id, c.plan.Buffers[id].Shape)
		off.note(what, Distance(got[id], r.Buffer(id)), bars[id])
	}
	if off.report(t) && len(c.plan.Ops) < 10 {
		t.Logf("%v%+v", c.plan, c.Kernels())
	}
}

// misses are the comparisons that exceed their bars, and the first of them.
type misses struct {
	n     int
	first string
}

func (m *misses) note(what string, e, bar float64) {
	if e <= bar {
		return
	}
	if m.n++; m.n == 1 {
		m.first = fmt.Sprintf("%s: relative error %.2g, at most %.2g allowed", what, e, bar)
	}
}

// report fails the test if there are any.
func (m *misses) report(t *testing.T) bool {
	t.Helper()
	if m.n > 0 {
		t.Errorf("%s, and %d more like it", m.first, m.n-1)
	}
	return m.n > 0
}

// Distance is ‖got − want‖ / ‖want‖, or ‖got‖ where ‖want‖ is 0; NaN where got
// has one and want has not.
func Distance(got []float32, want []float64) float64 {
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - w
		diff += d * d
		norm += w * w
	}
	if norm == 0 {
		return math.Sqrt(diff)
	}
	return math.Sqrt(diff / norm)
}

// SameBits reports whether two lists hold the same bits.
func SameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// same reports whether two maps hold the same bits.
func same[K comparable](a, b map[K][]float32) bool {
	for k, x := range a {
		if !SameBits(x, b[k]) {
			return false
		}
	}
	return len(a) == len(b)
}
