package tui

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// recorded passes behind the figures on the screen.
const recorded = 128

// engine runs the net in a goroutine of its own. Wishes go in, states come
// out, and figures through the program's Recorder.
type engine struct {
	opts    *Options
	ctx     context.Context
	stop    context.CancelFunc
	wishes  chan wish
	asked   chan tensor.Param // holds one parameter to look at
	surgery chan []nn.Lesion  // holds the lesions that are wanted
	changed chan struct{}     // holds one token when there is a new state
	done    chan struct{}
	now     atomic.Pointer[state]

	mu        sync.Mutex
	interrupt context.CancelFunc // of the pass that runs, or nil

	// What follows belongs to the engine's goroutine.
	session *nn.Session
	whole   *resnet.Model // without lesions, for the batch that runs
	state   state
	on      bool // passes are wanted
	want    aim
	have    aim
	intact  *baseline
	tracing bool  // path lengths are wanted
	twin    *pair // nil without
	steps   int   // asked for
	next    int   // kernel of the next step
	topped  time.Time
}

// startEngine begins to prepare the net, and runs it unless o.Paused.
func startEngine(ctx context.Context, o *Options) *engine {
	e := &engine{opts: o, wishes: make(chan wish, 64), asked: make(chan tensor.Param, 1), surgery: make(chan []nn.Lesion, 1), changed: make(chan struct{}, 1), done: make(chan struct{})}
	e.ctx, e.stop = context.WithCancel(ctx)
	e.on = !o.Paused && o.Recorded == nil
	if o.Recorded != nil && o.Device == nil {
		o.Device = recordedDevice{info: recordedInfo(o.Recorded)}
	}
	e.want = aim{batch: o.Model.Config.Batch, fused: o.Session.Fuse}
	e.whole = o.Model
	e.have = e.want
	e.want.back, e.want.lesions = o.back, o.lesions
	e.publish()
	go e.run()
	return e
}

// send asks for something. The pass that runs is cut short, so that the answer
// does not wait for it.
func (e *engine) send(w wish) {
	select {
	case e.wishes <- w:
	default:
		return // far more keys than passes: what is queued is enough
	}
	e.cut()
}

// cut cuts short what runs.
func (e *engine) cut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.interrupt != nil {
		e.interrupt()
	}
}

// close ends the engine and waits for it, but not for long: what may hang must
// not keep the terminal.
func (e *engine) close() {
	e.stop()
	select {
	case <-e.done:
	case <-time.After(5 * time.Second):
	}
}

// publish makes the state visible.
func (e *engine) publish() {
	s := e.state
	s.on = e.on
	e.now.Store(&s)
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *engine) run() {
	defer close(e.done)
	defer e.recovered()
	if e.opts.Recorded != nil {
		e.playback()
		return
	}
	if err := e.open(); err != nil {
		e.fail(err)
	}
	defer e.shut()
	for e.collect() {
		switch {
		case e.state.phase == failed:
		case !e.target().same(e.have):
			e.recompile()
		case e.tracing:
			e.trace()
		case e.on:
			e.pass()
		case e.steps > 0:
			e.step()
		}
	}
}

// recovered turns a panic of the engine into an error on the screen: the
// terminal must be left as it was found.
func (e *engine) recovered() {
	if r := recover(); r != nil {
		e.fail(fmt.Errorf("the engine broke: %v", r))
	}
}

func (e *engine) fail(err error) {
	if e.ctx.Err() != nil {
		return // it is being ended
	}
	e.state.phase, e.state.err = failed, err
	e.on, e.steps, e.tracing = false, 0, false
	e.publish()
}

func (e *engine) shut() {
	// The program ends: nothing could be done about an error.
	if e.session != nil {
		e.session.Close()
	}
	e.part()
}

// open makes the weights ready and compiles the net.
func (e *engine) open() error {
	o := e.opts.Session
	o.Progress = e.progress()
	s, err := nn.NewSession(e.ctx, quitter{e.opts.Device, e.ctx}, e.opts.Model.Model, o)
	if err != nil {
		return err
	}
	return e.adopt(s)
}

// progress publishes how far the preparation is, some 30 times a second.
func (e *engine) progress() func(string, int64, int64) {
	var mu sync.Mutex
	var last time.Time
	return func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) < 33*time.Millisecond && done < total {
			return
		}
		last = time.Now()
		e.state.stage, e.state.done, e.state.total = stage, done, total
		e.publish()
	}
}

// adopt takes a session that has just been compiled.
func (e *engine) adopt(s *nn.Session) error {
	e.session = s
	m := s.Model()
	if err := s.SetInput(e.opts.input(m)); err != nil {
		return err
	}
	if err := e.aimAt(s, m); err != nil {
		return err
	}
	e.state.program = programOf(s)
	e.state.step, e.next = nil, 0
	e.state.grads, e.state.paths, e.state.effect = nil, nil, nil
	e.rest()
	return nil
}

// programOf describes what a session runs.
func programOf(s *nn.Session) *program {
	m, l, kernels := s.Model(), s.Lowered(), s.Kernels()
	return &program{
		model: m, lowered: l, kernels: kernels, memory: s.Memory(), recorder: profile.NewRecorder(l, kernels, recorded),
		calibrated: s.Calibrated(), fused: s.Options().Fuse, train: s.Options().Mode == nn.Train, progress: s.Progress,
	}
}

// rest publishes what the engine is at when it is not compiling.
func (e *engine) rest() {
	switch {
	case e.state.phase == failed:
	case e.on:
		e.state.phase = running
	case e.have.stepping:
		e.state.phase = stepping
	default:
		e.state.phase = paused
	}
	e.publish()
}

// collect takes the wishes that are there, and waits for one when there is
// nothing to do. It reports false when the program ends.
func (e *engine) collect() bool {
	for e.ctx.Err() == nil {
		idle := e.state.phase == failed || e.target().same(e.have) && !e.on && e.steps == 0 && !e.tracing
		if !idle && len(e.wishes)+len(e.asked)+len(e.surgery) == 0 {
			return true
		}
		select {
		case <-e.ctx.Done():
		case w := <-e.wishes:
			e.grant(w)
		case p := <-e.asked:
			e.weigh(p)
		case lesions := <-e.surgery:
			e.want.lesions, e.state.notice = lesions, ""
		}
	}
	return false
}

// grant takes a wish into what is wanted.
func (e *engine) grant(w wish) {
	e.state.notice = ""
	switch w {
	case wishRun:
		e.on, e.steps = !e.on, 0
	case wishStep:
		e.on = false
		e.steps++
	case wishFuse:
		e.want.fused = !e.want.fused
		if e.have.stepping {
			e.state.notice = "single steps run every layer by itself; fusion changes with the next run"
		}
	case wishLarger:
		e.want.batch = min(2*e.want.batch, 1<<20)
	case wishSmaller:
		e.want.batch = max(e.want.batch/2, 1)
	case wishBackward:
		e.want.back = !e.want.back
	case wishTwin:
		e.want.twin = !e.want.twin
	case wishPaths:
		e.want.back, e.tracing = true, true
	}
	if e.target().same(e.have) {
		e.rest()
	}
}

// cancellable runs do with a context that a wish ends; it does not run when a
// wish is waiting.
func (e *engine) cancellable(do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	e.mu.Lock()
	e.interrupt = cancel
	waiting := len(e.wishes) > 0
	e.mu.Unlock()
	var err error
	if !waiting {
		err = do(ctx)
	}
	e.mu.Lock()
	e.interrupt = nil
	e.mu.Unlock()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// pass runs the net once, and its twin.
func (e *engine) pass() {
	err := e.cancellable(func(ctx context.Context) error { return e.session.Run(ctx, e.state.program.recorder) })
	if err == nil && e.twin != nil {
		err = e.cancellable(func(ctx context.Context) error { return e.twin.session.Run(ctx, e.state.twin.program.recorder) })
	}
	if err != nil {
		e.fail(err)
		return
	}
	if e.state.program.recorder.Passes() > 0 && time.Since(e.topped) > 200*time.Millisecond {
		e.topped = time.Now()
		e.look()
	}
}
