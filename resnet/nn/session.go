package nn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"resnet-tui/tensor"
)

// SessionOptions say what a session runs, and how the device is to run it. The
// zero value is inference, one kernel per layer, from the He initialisation.
type SessionOptions struct {
	Pass

	Fuse      bool // let the device run several layers as one kernel
	Exact     bool // no algorithm that changes rounding
	Threads   int  // 0: what the device finds fit
	Precision tensor.Precision
	Source    tensor.Source // of the parameters; nil: the He initialisation from Seed
	Seed      uint64        // of the initialisation, the calibration and dropout
	// Calibrate sets the running statistics of a net without Source by one
	// train-mode pass on seeded input: with 0 and 1 its activations explode.
	Calibrate bool
	// Progress, if not nil, is told how far "weights" and "calibration" are: done
	// of total. It must return quickly, and may be called from any goroutine.
	Progress func(stage string, done, total int64)
}

// Session is a net that runs on a device. A pass is a call of Run, or of Step
// for each of its operations; what came out of it is read by Logits, Loss and
// Probe.
//
// A session is not safe for concurrent use, except for its method Progress,
// which may be called from any goroutine at any time. Sessions that share a
// state (see Share) must not run at the same time if one of them changes it: a
// training step does, and so does any pass in train mode without FreezeStats.
//
// Errors: once a session is closed, or replaced by Recompile, its methods
// return an error or nothing. What does not fit into memory is a
// *tensor.MemoryError, a target that is no class a *tensor.TargetError, and an
// end of the context is its error; a pass that ended early has no results, and
// the next one starts anew.
type Session struct {
	model      *Model
	lowered    *Lowered
	options    SessionOptions
	device     tensor.Device
	state      tensor.State   // nil once another session has it
	borrowed   bool           // the state: another session closes it
	mu         sync.Mutex     // guards program, for Progress
	program    tensor.Program // nil once closed
	calibrated bool
	input      *tensor.Tensor     // nil until it is set
	target     []int              // nil until it is set
	seeded     bool               // the seed of the backward pass is set
	values     map[string]float32 // of scalar inputs
	writer     []int              // by buffer: the operation that writes it, −1 for an input
	passes     uint64             // begun
	done       int                // operations of the current pass that have run
}

var errClosed = errors.New("the session is closed")

// NewSession loads the weights, calibrates the net if the options say so, and
// compiles it. SetInput must be called before the first pass. An error of Lower
// or of the device leaves nothing open.
func NewSession(ctx context.Context, dev tensor.Device, m *Model, o SessionOptions) (*Session, error) {
	source := o.Source
	if source == nil {
		source = m.Initial(o.Seed)
	}
	weights := &stoppable{Source: withSlots{source}}
	weights.ctx.Store(&ctx)
	defer weights.ctx.Store(nil)
	state, err := dev.NewState(slices.Concat(m.Params, m.Slots()), weights)
	if err != nil {
		return nil, err
	}
	s := &Session{device: dev, state: state, model: m, options: o, values: m.Alphas()}
	if err = s.lower(); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, state.Close())
	}
	return s, nil
}

// stoppable is a source that fails once a context has ended, so that a device which loads
// weights for seconds stops too. Without a context it goes on.
type stoppable struct {
	tensor.Source
	ctx atomic.Pointer[context.Context]
}

// Load fills t, or fails with the context's error.
func (s *stoppable) Load(p tensor.Param, t *tensor.Tensor) error {
	if ctx := s.ctx.Load(); ctx != nil && (*ctx).Err() != nil {
		return (*ctx).Err()
	}
	return s.Source.Load(p, t)
}

func (s *Session) lower() (err error) {
	if s.lowered, err = s.options.lower(s.device, s.model); err == nil {
		s.writer = s.lowered.writers()
	}
	return err
}

// prepare calibrates, if necessary, and compiles.
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

// swap replaces the program by another, and returns the old one.
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

// weightsProgress reports one of several equal parts of the work on weights; nil
// if nobody listens.
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

// Options are what the session was made with. Options().Pass is what it runs.
func (s *Session) Options() SessionOptions { return s.options }

// Kernels says what runs, in execution order; see tensor.Program.
func (s *Session) Kernels() []tensor.KernelInfo { return s.program.Kernels() }

// State is what outlives the session's programs: parameters, running statistics
// and, by the names of Model.Slots, the optimiser's buffers. What is written to
// it takes effect with the next pass.
func (s *Session) State() tensor.State { return s.state }

// Memory is what the program holds.
func (s *Session) Memory() tensor.MemoryPlan { return s.program.Memory() }

// Calibrated reports whether the running statistics come from random input.
func (s *Session) Calibrated() bool { return s.calibrated }

// SetInput sets the batch that passes run on, of the model's input shape. The
// session keeps t, and reads it again when it is recompiled.
func (s *Session) SetInput(t *tensor.Tensor) error {
	if want := s.model.Input; !t.Shape.Equal(want) {
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

// Close frees what the session holds.
func (s *Session) Close() error {
	var err error
	if p := s.swap(nil); p != nil {
		err = p.Close()
	}
	if s.state != nil && !s.borrowed {
		err = errors.Join(err, s.state.Close())
	}
	s.state = nil
	return err
}
