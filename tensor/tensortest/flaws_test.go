package tensortest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// flaw is a mistake that a device may have, and where the suite must find it.
type flaw struct {
	part    string // of the suite, in bf16 behind the precision's name
	says    string // in its output
	compile func(p *tensor.Plan, o *tensor.Options) error
	run     func(p *flawedProgram, o *tensor.RunOptions) error
	read    func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error
}

// flaws are by name. A flaw that is not found is one of the suite.
var flaws = map[string]flaw{
	"results are off": {
		part: "operations", says: "relative error",
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			err := p.Program.Read(id, t)
			for i := range t.Data {
				t.Data[i] *= 1 + 1e-5
			}
			return err
		},
	},
	"results in bf16 are off": {
		part: "bf16/each", says: "relative error",
		compile: func(_ *tensor.Plan, o *tensor.Options) error {
			o.Precision = tensor.FP32
			return nil
		},
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			err := p.Program.Read(id, t)
			for i := range t.Data {
				t.Data[i] *= 1 + float32(i%2)*0x1p-6
			}
			return err
		},
	},
	"one element is lost": {
		part: "convolutions", says: "relative error",
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			err := p.Program.Read(id, t)
			if err == nil {
				t.Data[len(t.Data)-1] = 0
			}
			return err
		},
	},
	"a shape is not checked": {
		part: "requests", says: "reading into another shape was accepted",
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			if id >= 0 && int(id) < len(p.plan.Buffers) && t.Shape.Elems() == p.plan.Buffers[id].Shape.Elems() {
				t.Shape = p.plan.Buffers[id].Shape
			}
			return p.Program.Read(id, t)
		},
	},
	"a closed program panics": {
		part: "closing", says: "reading: panic",
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			if p.closed {
				panic("nil memory")
			}
			return p.Program.Read(id, t)
		},
	},
	"runs drift": {
		part: "threads", says: "other bits with",
		read: func(p *flawedProgram, id tensor.BufferID, t *tensor.Tensor) error {
			err := p.Program.Read(id, t)
			if err == nil && p.runs%2 == 0 {
				t.Data[0] += 1e-7 * (1 + t.Data[0])
			}
			return err
		},
	},
	"the end of a step waits for the next": {
		part: "steps", says: "relative error",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			if n := len(p.plan.Ops); len(p.Kernels()) == n && p.plan.Ops[n-1].Kind == tensor.SGD {
				o.To = n - 1
			}
			return p.Program.Run(p.ctx, *o)
		},
	},
	"scalars stay as they were": {
		part: "scalars", says: "relative error",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			if p.first == nil {
				p.first = slices.Clone(o.Scalars)
			}
			o.Scalars = p.first
			return p.Program.Run(p.ctx, *o)
		},
	},
	"parts run everything": {
		part: "parts", says: "spans of",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			o.From, o.To = 0, 0
			return p.Program.Run(p.ctx, *o)
		},
	},
	"a span is lost": {
		part: "spans", says: "spans of",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			if observe := o.Observe; observe != nil {
				o.Observe = func(s tensor.Span) {
					if s.Op != 2 {
						observe(s)
					}
				}
			}
			return p.Program.Run(p.ctx, *o)
		},
	},
	"spans end late": {
		part: "spans", says: "in a run of",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			if observe := o.Observe; observe != nil {
				o.Observe = func(s tensor.Span) {
					s.End += time.Hour
					observe(s)
				}
			}
			return p.Program.Run(p.ctx, *o)
		},
	},
	"cancellation is not looked at": {
		part: "labels", says: "cancelled in the second kernel",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			return p.Program.Run(context.WithoutCancel(p.ctx), *o)
		},
	},
	"targets are not checked": {
		part: "targets", says: "class 5: error <nil>",
		run: func(p *flawedProgram, o *tensor.RunOptions) error {
			var wrong *tensor.TargetError
			if err := p.Program.Run(p.ctx, *o); !errors.As(err, &wrong) {
				return err
			}
			return nil
		},
	},
	"a precision is ignored": {
		part: "precision", says: "was accepted",
		compile: func(_ *tensor.Plan, o *tensor.Options) error {
			o.Precision = tensor.FP32
			return nil
		},
	},
	"an operation is missing": {
		part: "gradients", says: "no such kernel",
		compile: func(p *tensor.Plan, _ *tensor.Options) error {
			return lacks(p, tensor.PadGrad)
		},
	},
}

// lacks refuses plans with a kind.
func lacks(p *tensor.Plan, k tensor.Kind) error {
	if slices.ContainsFunc(p.Ops, func(op tensor.Op) bool { return op.Kind == k }) {
		return errors.New("no such kernel")
	}
	return nil
}

// flawedDevice is the reference with a flaw.
type flawedDevice struct {
	*tensortest.ReferenceDevice
	flaw
}

func (d *flawedDevice) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	if d.compile != nil {
		if err := d.compile(p, &o); err != nil {
			return nil, err
		}
	}
	prog, err := d.ReferenceDevice.Compile(p, s, o)
	if err != nil {
		return nil, err
	}
	return &flawedProgram{Program: prog, flaw: d.flaw, plan: p}, nil
}

func (d *flawedDevice) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	if d.compile != nil {
		if err := d.compile(p, &o); err != nil {
			return tensor.Estimate{}, err
		}
	}
	return d.ReferenceDevice.Estimate(p, o)
}

func (d *flawedDevice) Fusions(p *tensor.Plan, o tensor.Options) ([]tensor.KernelInfo, error) {
	if d.compile != nil {
		if err := d.compile(p, &o); err != nil {
			return nil, err
		}
	}
	return d.ReferenceDevice.Fusions(p, o)
}

type flawedProgram struct {
	tensor.Program
	flaw
	plan   *tensor.Plan
	ctx    context.Context // of the run
	first  []float32       // scalars
	runs   int
	closed bool
}

func (p *flawedProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	p.runs++
	if p.run == nil {
		return p.Program.Run(ctx, o)
	}
	p.ctx = ctx
	return p.run(p, &o)
}

func (p *flawedProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	if p.read == nil {
		return p.Program.Read(id, t)
	}
	return p.read(p, id, t)
}

func (p *flawedProgram) Close() error {
	p.closed = true
	return p.Program.Close()
}

// flawVariable names the flaw of TestFlawed's device.
const flawVariable = "TENSORTEST_FLAW"

// TestFlawed runs the suite on a flawed device, in a process that
// TestSuiteFindsFlaws starts: it is meant to fail.
func TestFlawed(t *testing.T) {
	f, ok := flaws[os.Getenv(flawVariable)]
	if !ok {
		t.Skip("TestSuiteFindsFlaws runs it")
	}
	var options []tensortest.Option
	if strings.HasPrefix(f.part, "bf16/") {
		options = append(options, tensortest.Precisions(tensor.BF16))
	}
	open := func() (tensor.Device, error) { return &flawedDevice{tensortest.Reference(), f}, nil }
	tensortest.Run(t, open, options...)
}

// TestSuiteFindsFlaws: each flaw fails its part of the suite.
func TestSuiteFindsFlaws(t *testing.T) {
	for name, f := range flaws {
		t.Run(name, func(t *testing.T) {
			args := []string{"-test.run=^TestFlawed$/^" + f.part}
			if testing.Short() {
				args = append(args, "-test.short")
			}
			cmd := exec.Command(os.Args[0], args...)
			cmd.Env = append(os.Environ(), flawVariable+"="+name)
			out, err := cmd.CombinedOutput()
			var failed *exec.ExitError
			if !errors.As(err, &failed) || !strings.Contains(string(out), f.says) {
				t.Errorf("error %v, and the output does not say %q:\n%.2000s", err, f.says, out)
			}
		})
	}
}

// TestOptionsSayWhatIsLacking: a device that refuses what its options name
// conforms.
func TestOptionsSayWhatIsLacking(t *testing.T) {
	lacking := flaw{compile: func(p *tensor.Plan, o *tensor.Options) error {
		if o.Precision == tensor.BF16 {
			o.Precision = tensor.FP32 // more precise than it must be
		}
		return lacks(p, tensor.PadGrad)
	}}
	open := func() (tensor.Device, error) { return &flawedDevice{tensortest.Reference(), lacking}, nil }
	tensortest.Run(t, open, tensortest.Precisions(tensor.BF16), tensortest.Without(tensor.PadGrad, "a test"))
}
