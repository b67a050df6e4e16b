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
	changed chan struct{}     // holds one token when there is a new state
	done    chan struct{}
	now     atomic.Pointer[state]

	mu        sync.Mutex
	interrupt context.CancelFunc // of the pass that runs, or nil

	// What follows belongs to the engine's goroutine.
	session *resnet.Session
	state   state
	on      bool // passes are wanted
	want    aim
	have    aim
	steps   int // asked for
	next    int // group of the next step
	topped  time.Time
}

// aim is what is run: the engine goes from what it has to what is wanted.
type aim struct {
	batch    int
	fused    bool
	stepping bool // unfused, with the outputs' moments
}

// startEngine begins to prepare the net, and runs it unless o.Paused.
func startEngine(ctx context.Context, o *Options) *engine {
	e := &engine{opts: o, wishes: make(chan wish, 64), asked: make(chan tensor.Param, 1), changed: make(chan struct{}, 1), done: make(chan struct{})}
	e.ctx, e.stop = context.WithCancel(ctx)
	e.on = !o.Paused && o.Recorded == nil
	if o.Recorded != nil && o.Device == nil {
		o.Device = recordedDevice{info: recordedInfo(o.Recorded)}
	}
	e.want = aim{batch: o.Model.Config.Batch, fused: o.Session.Fuse}
	e.have = e.want
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
		case e.target() != e.have:
			e.recompile()
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
	e.on, e.steps = false, 0
	e.publish()
}

func (e *engine) shut() {
	if e.session != nil {
		e.session.Close() // the program ends: nothing could be done about an error
	}
}

// open makes the weights ready and compiles the net.
func (e *engine) open() error {
	o := e.opts.Session
	o.Progress = e.progress()
	s, err := resnet.NewSession(e.ctx, quitter{e.opts.Device, e.ctx}, e.opts.Model, o)
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
func (e *engine) adopt(s *resnet.Session) error {
	e.session = s
	m, l := s.Model(), s.Lowered()
	if err := s.SetInput(e.opts.input(m)); err != nil {
		return err
	}
	e.state.program = &program{
		whole: e.opts.Model, model: m, lowered: l, kernels: s.Kernels(), memory: s.Memory(), recorder: profile.NewRecorder(l, m, recorded),
		calibrated: s.Calibrated(), fused: s.Options().Fuse, progress: s.Progress,
	}
	e.state.step, e.next = nil, 0
	e.rest()
	return nil
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
		idle := e.state.phase == failed || e.target() == e.have && !e.on && e.steps == 0
		if !idle && len(e.wishes) == 0 && len(e.asked) == 0 {
			return true
		}
		select {
		case <-e.ctx.Done():
		case w := <-e.wishes:
			e.grant(w)
		case p := <-e.asked:
			e.weigh(p)
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
	}
	if e.target() == e.have {
		e.rest()
	}
}

// target is what the wishes come to. Single steps need an unfused program; it
// stays until the net runs again.
func (e *engine) target() aim {
	t := e.want
	t.stepping = e.steps > 0 || e.have.stepping && !e.on
	t.fused = e.want.fused && !t.stepping
	return t
}

// recompile goes to the target, or says why it can't and stays.
func (e *engine) recompile() {
	to := e.target()
	e.state.phase = compiling
	e.publish()
	if err := e.compile(to); err != nil {
		e.refuse(err)
		return
	}
	e.have = to
	e.rest()
}

// refuse gives a wish up with a notice.
func (e *engine) refuse(err error) {
	e.want.batch, e.steps = e.have.batch, 0
	if !e.have.stepping {
		e.want.fused = e.have.fused
	}
	e.state.notice = err.Error()
	e.rest()
}

// compile makes another program on the same weights.
func (e *engine) compile(to aim) error {
	m := e.session.Model()
	if to.batch != m.Config.Batch {
		var err error
		if m, err = e.rebatch(m, to.batch); err != nil {
			return err
		}
	}
	s, err := e.session.With(e.ctx, m, func(o *resnet.SessionOptions) { o.Fuse, o.Moments = to.fused, to.stepping })
	if err != nil {
		return err
	}
	return e.adopt(s)
}

// rebatch is the same net for another batch, if that fits into memory.
func (e *engine) rebatch(m *resnet.Model, batch int) (*resnet.Model, error) {
	c := m.Config
	c.Batch = batch
	bigger, err := resnet.Build(c)
	if err != nil {
		return nil, err
	}
	limit := e.opts.limit()
	if limit <= 0 || batch < m.Config.Batch {
		return bigger, nil
	}
	if most := resnet.MaxBatch(e.opts.Device, m, e.session.Options(), limit); most < batch {
		return nil, fmt.Errorf("batch %d does not fit into %s: at most %d do", batch, profile.FormatBytes(limit), most)
	}
	return bigger, nil
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

// pass runs the net once.
func (e *engine) pass() {
	err := e.cancellable(func(ctx context.Context) error { return e.session.Run(ctx, e.state.program.recorder) })
	if err != nil {
		e.fail(err)
		return
	}
	if e.state.program.recorder.Passes() > 0 && time.Since(e.topped) > 500*time.Millisecond {
		e.topped = time.Now()
		e.look()
	}
}
