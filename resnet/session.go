package resnet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"resnet-tui/tensor"
)

// SessionOptions say how a net runs.
type SessionOptions struct {
	Train     bool // batch statistics and dropout; each pass moves the running statistics
	Fuse      bool // let the device absorb what follows a convolution
	Exact     bool // no algorithm that changes rounding
	Moments   bool // probe outputs' mean and deviation, see Stats
	Threads   int  // 0: what the device finds fit
	Precision tensor.Precision
	Source    tensor.Source // of the parameters; nil: the He initialisation from Seed
	Seed      uint64        // of the initialisation, the calibration and dropout
	// Calibrate sets the running statistics of a net without Source by one
	// train-mode pass on seeded input: with 0 and 1 its activations explode.
	Calibrate bool
	// Progress, if not nil, hears of "weights" and "calibration": done of
	// total. It must be quick, and may be called from any goroutine.
	Progress func(stage string, done, total int64)
}

// Session is a net that runs on a device. It is used by one goroutine at a
// time, but for Progress.
type Session struct {
	model      *Model
	lowered    *Lowered
	options    SessionOptions
	device     tensor.Device
	state      tensor.State   // nil once another session has it
	mu         sync.Mutex     // guards program, for Progress
	program    tensor.Program // nil once closed
	calibrated bool
	input      *tensor.Tensor // nil until it is set
	passes     uint64         // begun
	done       int            // operations of the current pass that have run
}

var errClosed = errors.New("the session is closed")

// Observer hears of passes as they run. Span may be called from any goroutine
// between Begin and End.
type Observer interface {
	Begin(l *Lowered)       // a pass, or a step of one, starts
	Span(s tensor.Span)     // a worker's part of a group
	End(wall time.Duration) // it ended; there is no call for one that failed
}

// NewSession makes weights ready, calibrates them if that is asked, and
// compiles the net. The input is still to be set.
func NewSession(ctx context.Context, dev tensor.Device, m *Model, o SessionOptions) (*Session, error) {
	source := o.Source
	if source == nil {
		source = m.Initial(o.Seed)
	}
	state, err := dev.NewState(m.Params, source)
	if err != nil {
		return nil, err
	}
	s := &Session{device: dev, state: state, model: m, options: o}
	if err = s.lower(); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, state.Close())
	}
	return s, nil
}

func (s *Session) lower() (err error) {
	s.lowered, err = s.model.Lower(LowerOptions{Train: s.options.Train, Moments: s.options.Moments, Fuse: s.options.Fuse})
	return err
}

// prepare calibrates if need be and compiles.
func (s *Session) prepare(ctx context.Context) error {
	part, parts := int64(0), int64(1)
	if s.wantsCalibration() {
		parts = 2 // the weights are packed twice: as they are, then with the statistics
		if err := s.calibrate(ctx, s.weightsProgress(part, parts)); err != nil {
			return fmt.Errorf("calibration: %w", err)
		}
		part = 1
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := s.device.Compile(s.lowered.Plan, s.state, s.options.compile(s.weightsProgress(part, parts)))
	if err != nil {
		return err
	}
	s.swap(p)
	return nil
}

// swap puts a program in the place of another, which it returns.
func (s *Session) swap(p tensor.Program) tensor.Program {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.program
	s.program = p
	return old
}

// compile are the device's options.
func (o *SessionOptions) compile(progress func(done, total int64)) tensor.Options {
	return tensor.Options{Threads: o.Threads, Fuse: o.Fuse, Exact: o.Exact, Precision: o.Precision, Progress: progress}
}

// weightsProgress reports one of several equal parts of the work on weights.
func (s *Session) weightsProgress(part, parts int64) func(done, total int64) {
	report := s.options.Progress
	if report == nil {
		return nil
	}
	return func(done, total int64) { report("weights", part*total+done, parts*total) }
}

// Model is the net.
func (s *Session) Model() *Model { return s.model }

// Lowered is the plan that runs.
func (s *Session) Lowered() *Lowered { return s.lowered }

// Options are what the session was made with.
func (s *Session) Options() SessionOptions { return s.options }

// Kernels are what runs for each of Lowered's groups.
func (s *Session) Kernels() []tensor.KernelInfo { return s.program.Kernels() }

// Memory is what the program holds.
func (s *Session) Memory() tensor.MemoryPlan { return s.program.Memory() }

// Calibrated reports whether the running statistics come from random input.
func (s *Session) Calibrated() bool { return s.calibrated }

// SetInput sets the batch that passes run on, of the model's input shape. With
// may read t again.
func (s *Session) SetInput(t *tensor.Tensor) error {
	if want := s.model.Config.input(); !t.Shape.Equal(want) {
		return fmt.Errorf("the input is %v, but %s takes %v", t.Shape, s.model.Name, want)
	}
	if len(t.Data) != t.Shape.Elems() {
		return fmt.Errorf("the input %v has %d elements", t.Shape, len(t.Data))
	}
	if s.program == nil {
		return errClosed
	}
	if err := s.program.Write(s.lowered.Input, t); err != nil {
		return err
	}
	s.input = t
	return nil
}

// Run makes a whole pass. Without an observer no clock is read.
func (s *Session) Run(ctx context.Context, obs Observer) error {
	return s.run(ctx, 0, 0, obs)
}

// Step runs one group of an unfused net: an operation, or the probe behind it.
// The groups of a pass are to be run in order, from 0.
func (s *Session) Step(ctx context.Context, group int, obs Observer) error {
	switch {
	case s.options.Fuse:
		return errors.New("single steps need a net that is not fused")
	case group < 0 || group >= len(s.lowered.Groups):
		return fmt.Errorf("step %d: the net has steps 0 to %d", group, len(s.lowered.Groups)-1)
	}
	op := s.lowered.Groups[group].Head
	if op != 0 && op != s.done {
		return fmt.Errorf("step %d is not due: %d steps of this pass have run", group, s.done)
	}
	return s.run(ctx, op, op+1, obs)
}

// run runs operations [from, to) of a pass, all if to is 0; the first begins a
// pass.
func (s *Session) run(ctx context.Context, from, to int, obs Observer) error {
	switch {
	case s.program == nil:
		return errClosed
	case s.input == nil:
		return errors.New("no input is set")
	}
	if from == 0 {
		s.passes++
	}
	s.done = from // should it fail
	o := tensor.RunOptions{From: from, To: to, Scalars: s.scalars()}
	if err := observed(ctx, s.program, o, s.lowered, obs); err != nil {
		return err
	}
	s.done = cmp.Or(to, len(s.lowered.Plan.Ops))
	return nil
}

func observed(ctx context.Context, p tensor.Program, o tensor.RunOptions, l *Lowered, obs Observer) error {
	if obs == nil {
		return p.Run(ctx, o)
	}
	o.Observe = obs.Span
	obs.Begin(l)
	start := time.Now()
	if err := p.Run(ctx, o); err != nil {
		return err
	}
	obs.End(time.Since(start))
	return nil
}

// scalars are the plan's scalar inputs in this pass: dropout draws anew each
// time.
func (s *Session) scalars() []float32 {
	if len(s.lowered.Plan.Scalars) == 0 {
		return nil
	}
	return []float32{maskSeed(s.options.Seed, s.passes)}
}

// maskSeed is a whole number that float32 holds exactly.
func maskSeed(seed, pass uint64) float32 {
	return float32(tensor.NewStream(seed, dropoutSeed).Bits(pass) >> 40)
}

// Logits are the results of the last pass, N×classes.
func (s *Session) Logits() (*tensor.Tensor, error) {
	if s.program == nil {
		return nil, errClosed
	}
	if s.done < len(s.lowered.Plan.Ops) {
		return nil, errors.New("no pass has ended: there are no logits")
	}
	t := tensor.New(s.model.Config.Batch, s.model.Config.Classes)
	if err := s.program.Read(s.lowered.Output, t); err != nil {
		return nil, err
	}
	return t, nil
}

// Stats are the mean and population deviation of a layer's output over the
// batch, if the session probes it and this pass has got so far.
func (s *Session) Stats(layer int) (mean, std float64, ok bool) {
	if s.program == nil || layer < 0 || layer >= len(s.lowered.Moments) {
		return 0, 0, false
	}
	// A probe is the operation after its layer's.
	id := s.lowered.Moments[layer]
	if id == tensor.NoBuffer || s.done < s.lowered.LayerOp[layer]+2 {
		return 0, 0, false
	}
	t := tensor.New(2)
	if err := s.program.Read(id, t); err != nil {
		return 0, 0, false
	}
	return float64(t.Data[0]), float64(t.Data[1]), true
}

// Progress is the layer that runs now, −1 when none does. It may be called
// from any goroutine.
func (s *Session) Progress() int {
	s.mu.Lock()
	p := s.program
	s.mu.Unlock()
	if p == nil {
		return -1
	}
	op := p.Progress()
	if op < 0 || op >= len(s.lowered.OpLayer) {
		return -1
	}
	if layer := s.lowered.OpLayer[op]; layer >= 0 {
		return layer
	}
	return s.lowered.OpLayer[op-1] // a probe stands behind its layer
}

// Close frees what the session holds.
func (s *Session) Close() error {
	var err error
	if p := s.swap(nil); p != nil {
		err = p.Close()
	}
	if s.state != nil {
		err = errors.Join(err, s.state.Close())
		s.state = nil
	}
	return err
}
