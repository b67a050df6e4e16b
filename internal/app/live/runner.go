package live

import (
	"context"
	"fmt"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// recordedPasses are those behind the figures of a Program.
const recordedPasses = 128

// runner does tasks: it owns the sessions. It is used by one goroutine at a time.
// What it finds is in results and actual, which it replaces and never writes into.
type runner struct {
	options Options
	device  tensor.Device                         // nil for a recording
	report  func(stage string, done, total int64) // of progress, see tasks

	session    *nn.Session         // nil before it is prepared
	whole      *resnet.Model       // without lesions, for the batch of the session
	intact     *baseline           // nil before it is needed
	lesionTime *profile.TimeEffect // what the lesions change in the time of a pass, nil if it is not known
	twin       *twin               // nil while there is none
	viewing    *viewing            // nil while nothing is to be seen
	kernel     int                 // that the next single step runs
	looked     time.Time           // when results were read from the program
	asked      time.Time           // when the device was asked how it is
	load       profile.Load        // of the machine

	results  Results
	ceilings profile.Ceilings // the highest so far
	actual   actual
	notice   string // what the last task has to say
	twinErr  error  // why the last task gave the twin up
}

// guarded does a task; a panic becomes its error.
func (r *runner) guarded(ctx context.Context, t task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &internalError{p}
		}
	}()
	r.notice, r.twinErr = "", nil
	switch t.action {
	case prepare:
		return r.prepare(ctx)
	case compile:
		return r.compile(ctx, t.to)
	case pass:
		return r.passes(ctx)
	case step:
		return r.step(ctx)
	case trace:
		return r.trace(ctx)
	case measure:
		return r.measure(ctx)
	case see:
		return r.see(ctx, t.sight.At)
	case explain:
		return r.explain(ctx, t.sight)
	case examine:
		return r.examine(ctx)
	case resemble:
		return r.resemble(ctx)
	case occlude:
		return r.occlude(ctx, t.patch)
	case compare:
		return r.compare()
	}
	return fmt.Errorf("there is no task %d", t.action)
}

// close keeps what the net has reached, and closes the sessions.
func (r *runner) close() {
	r.keepReached()
	r.closeViewing()
	// The engine ends: nothing could be done about an error.
	if r.session != nil {
		r.session.Close()
	}
	r.stopTwin()
}

// firstOptions are those of the first program: forward passes of the whole net.
func (r *runner) firstOptions() nn.SessionOptions {
	o := r.options.Session
	o.Pass = nn.Pass{Mode: o.Mode}
	o.Progress = func(stage string, done, total int64) { r.report(stage, done, total) }
	return o
}

// first is the first program, as the device would compile it.
func (r *runner) first() (Program, error) {
	l, kernels, err := nn.Fusions(r.device, r.whole.Model, r.firstOptions())
	return Program{Model: r.whole.Model, Lowered: l, Kernels: kernels}, err
}

// prepare makes the weights ready and compiles the first program.
func (r *runner) prepare(ctx context.Context) error {
	o := r.firstOptions()
	s, err := nn.NewSession(ctx, r.device, r.whole.Model, o)
	if err != nil {
		return app.ExplainMemory(r.device, r.whole.Model, o, err)
	}
	r.actual.prepared = true
	return r.adopt(s)
}

// adopt takes a session that has just been compiled.
func (r *runner) adopt(s *nn.Session) error {
	r.session, r.kernel, r.looked = s, 0, time.Time{}
	r.actual.passed = false
	if err := r.options.feed(s); err != nil {
		return err
	}
	r.results = Results{
		Program: programOf(s), Top: r.results.Top, Twin: r.results.Twin,
		Machine: r.results.Machine, Device: r.results.Device,
		Seen:     r.results.Seen, // until it is seen anew
		Findings: r.results.Findings, Similarity: r.results.Similarity,
	}
	r.closeViewing()
	return nil
}

// programOf describes what a session runs.
func programOf(s *nn.Session) *Program {
	o := s.Options()
	return &Program{
		Model: s.Model(), Lowered: s.Lowered(), Kernels: s.Kernels(), Memory: s.Memory(),
		Recorder:   profile.NewRecorder(s.Lowered(), s.Kernels(), recordedPasses),
		Calibrated: s.Calibrated(), Fused: o.Fuse, Train: o.Mode == nn.Train, Layer: s.Progress,
	}
}

// lookEvery is how often results are read while passes run.
const lookEvery = 200 * time.Millisecond

// passes runs the net, and its twin in turn, until it is time to look.
func (r *runner) passes(ctx context.Context) error {
	for {
		if err := r.session.Run(ctx, r.results.Program.Recorder); err != nil {
			return err
		}
		r.actual.passed = true
		if r.twin != nil {
			if err := r.twin.session.Run(ctx, r.results.Twin.Program.Recorder); err != nil {
				return err
			}
		}
		if time.Since(r.looked) > lookEvery {
			r.look()
			return nil
		}
	}
}
