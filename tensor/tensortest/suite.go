package tensortest

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// Run holds a device to the suite. open opens a fresh device; Run closes each.
// Every part is a subtest. A part fails if it runs far fewer cases than it has,
// unless -run or -skip picks among them.
func Run(t *testing.T, open func() (tensor.Device, error), options ...Option) {
	t.Helper()
	s := &suite{open: open, prepare: func(tensor.Program) {}, without: map[tensor.Kind]string{}}
	for _, o := range options {
		o(s)
	}
	for k, why := range s.without {
		t.Logf("the device has no %v: %s", k, why)
	}
	s.dev = s.openDevice(t)
	total := s.runParts(t, parts)
	for _, p := range s.precisions {
		t.Run(p.String(), func(t *testing.T) {
			lower := *s
			lower.precision = p
			total += lower.runParts(t, slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return !p.lower }))
		})
	}
	t.Logf("%d cases", total)
}

// runParts runs parts in the suite's precision, and returns the number of their cases.
func (s *suite) runParts(t *testing.T, parts []part) (total int) {
	for _, p := range parts {
		s.cases, s.refusals = 0, 0
		t.Run(p.name, func(t *testing.T) {
			p.run(s, t)
			s.count(t, p)
		})
		total += s.cases
	}
	return total
}

// Option says what is special about a device.
type Option func(*suite)

// Prepare has f called with each program between Compile and its first run: to
// fill its memory with NaN, say, so that reading it before writing it shows.
func Prepare(f func(tensor.Program)) Option { return func(s *suite) { s.prepare = f } }

// Precisions are those that a device has beside FP32. All that computes is held to
// what each can give; every other precision must be refused.
func Precisions(list ...tensor.Precision) Option {
	return func(s *suite) { s.precisions = append(s.precisions, list...) }
}

// Without names a kind of operation that a device doesn't have yet, and why.
// Plans with it must be refused with an error, and count as cases of that.
// Conv2d and ReLU every device must have.
func Without(k tensor.Kind, why string) Option { return func(s *suite) { s.without[k] = why } }

// suite is the device under test and what was found.
type suite struct {
	open       func() (tensor.Device, error)
	dev        tensor.Device // shared by most parts
	prepare    func(tensor.Program)
	precisions []tensor.Precision
	without    map[tensor.Kind]string
	precision  tensor.Precision // of the programs that the parts compile
	cases      int              // of the part that runs
	refusals   int              // of these, plans that the device may refuse
}

// part is a section of the suite, and the fewest cases that it runs: in full,
// and with -short.
type part struct {
	name        string
	full, short int
	lower       bool // it runs in each lower precision too
	run         func(s *suite, t *testing.T)
}

var parts = []part{
	{"operations", 220, 28, true, (*suite).operations},
	{"gradients", 170, 22, true, (*suite).gradients},
	{"convolutions", 270, 30, true, (*suite).convolutions},
	{"convolution gradients", 130, 15, true, (*suite).convolutionGradients},
	{"edges", 150, 18, true, (*suite).edges},
	{"residual plans", 80, 10, true, (*suite).residualPlans},
	{"steps", 48, 6, true, (*suite).steps},
	{"each operation", 20, 2, true, (*suite).eachOperation},
	{"kept", 8, 1, true, (*suite).kept},
	{"scalars", 4, 4, true, (*suite).scalars},
	{"parts", 6, 1, true, (*suite).partialRuns},
	{"threads", 14, 2, true, (*suite).threads},
	{"spans", 12, 6, true, (*suite).spans},
	{"labels and cancellation", 4, 4, false, (*suite).labels},
	{"histograms", 60, 60, true, (*suite).histograms},
	{"state", 10, 10, true, (*suite).states},
	{"requests", 40, 40, false, (*suite).requests},
	{"precision", 3, 3, false, (*suite).otherPrecisions},
	{"targets", 7, 7, false, (*suite).targets},
	{"memory", 20, 3, true, (*suite).memory},
	{"ceilings", 2, 1, false, (*suite).ceilings},
	{"concurrency", 4, 4, true, (*suite).concurrency},
	{"closing", 12, 12, false, (*suite).closing},
	{"ONNX", 0, 0, false, (*suite).onnx},
}

// count reports the number of cases that a part ran, and fails if it is too low.
func (s *suite) count(t *testing.T, p part) {
	t.Helper()
	t.Logf("%d cases, %d of them refused as the options say", s.cases, s.refusals)
	least := p.full
	if testing.Short() {
		least = p.short
	}
	if s.cases < least && !picked() {
		t.Errorf("%d cases ran, of %d at least", s.cases, least)
	}
}

// picked reports whether -run or -skip may leave out cases of a part.
func picked() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && strings.Contains(f.Value.String(), "/") {
			return true
		}
	}
	return false
}

// takes reports whether case i of a list runs: short tests take every eighth.
func takes(i int) bool { return !testing.Short() || i%8 == 0 }

// openDevice opens a device for the test's duration.
func (s *suite) openDevice(t *testing.T) tensor.Device {
	t.Helper()
	d, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// lacks is a kind in the plan that the device doesn't have, or 0.
func (s *suite) lacks(p *tensor.Plan) tensor.Kind {
	i := slices.IndexFunc(p.Ops, func(op tensor.Op) bool { return s.without[op.Kind] != "" })
	if i < 0 {
		return 0
	}
	return p.Ops[i].Kind
}

// refused reports whether a plan, which stands for a number of cases, has a kind
// that the device lacks, after it has checked that the device says so.
func (s *suite) refused(t *testing.T, p *tensor.Plan, cases int) bool {
	t.Helper()
	kind := s.lacks(p)
	if kind == 0 {
		return false
	}
	s.cases += cases
	s.refusals += cases
	state, err := s.dev.NewState(p.Params, Values{1})
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	if prog, err := s.dev.Compile(p, state, tensor.Options{}); err == nil {
		prog.Close()
		t.Errorf("a plan with %v was compiled, which the device should not have", kind)
	}
	return true
}
