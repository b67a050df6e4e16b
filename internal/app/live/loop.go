package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"resnet-tui/internal/app"
)

// loop is what the engine's goroutine owns.
type loop struct {
	engine *Engine
	ctx    context.Context
	tasks  *tasks

	state   State // as it will be published
	fresh   bool  // state is not published yet
	desired desired
	actual  actual
	settled Settings        // that the newest program was compiled for
	reading map[string]bool // parameters that are being read, by name
	read    chan inspection
	wait    <-chan time.Time // receives when tasks may begin; nil once they may
}

func newLoop(ctx context.Context, e *Engine, r *runner) *loop {
	l := &loop{
		engine: e, ctx: ctx, tasks: newTasks(ctx, r), reading: map[string]bool{}, read: make(chan inspection),
		state:   State{Results: r.results, Actual: r.actual.settings(), Ceilings: r.ceilings},
		desired: desired{Settings: r.options.settings()}, actual: r.actual,
	}
	if head := r.options.HeadStart; head > 0 {
		l.wait = time.After(head)
	}
	l.settled = l.state.Actual
	l.state.Phase = l.phase()
	return l
}

// run takes messages until the engine ends.
func (l *loop) run() {
	defer close(l.engine.done)
	defer l.tasks.close()
	defer l.recovered()
	for l.ctx.Err() == nil {
		l.proceed()
		if l.fresh {
			l.publish()
		}
		l.receive()
	}
}

// recovered turns a panic of the loop into a state.
func (l *loop) recovered() {
	if r := recover(); r != nil {
		l.fail(&internalError{r})
		l.state.Phase = Failed
		l.publish()
	}
}

// internalError is a panic of the engine.
type internalError struct{ value any }

func (e *internalError) Error() string {
	return fmt.Sprintf("internal error in the engine: %v", e.value)
}

// publish makes the state visible.
func (l *loop) publish() {
	l.state.Desired = l.desired.Settings
	l.engine.publish(l.state)
	l.fresh = false
}

// proceed starts the next task, or ends one that is no longer wanted.
func (l *loop) proceed() {
	next := reconcile(l.desired, l.actual)
	now := l.tasks.running
	switch {
	case now.yields(next):
		l.tasks.interrupt()
	case now.action == rest && next.action != rest && l.wait == nil:
		l.begin(next)
	}
	if phase := l.phase(); phase != l.state.Phase {
		l.state.Phase, l.fresh = phase, true
	}
}

// begin starts a task.
func (l *loop) begin(t task) {
	if t.action == step {
		l.desired.steps-- // what is desired while it runs is what comes after it
	}
	l.tasks.start(t, l.desired.Settings)
}

// phase is what the engine does now.
func (l *loop) phase() Phase {
	switch l.tasks.running.action {
	case compile:
		return Compiling
	case pass:
		return Running
	case trace:
		return Tracing
	case measure:
		return Measuring
	case examine:
		return Diagnosing
	case resemble:
		return Resembling
	}
	switch {
	case l.actual.failed:
		return Failed
	case !l.actual.prepared:
		return Preparing
	case l.actual.stepping:
		return Stepping
	case l.desired.Running && (l.tasks.running.looks()):
		return Running
	}
	return Paused
}

// receive waits for a message, and takes it in with all requests that wait.
func (l *loop) receive() {
	select {
	case <-l.ctx.Done():
	case r := <-l.engine.requests:
		l.apply(r)
	case <-l.wait:
		l.wait = nil
	case p := <-l.tasks.progress:
		l.state.Progress, l.fresh = p, true
	case x := <-l.read:
		l.inspected(x)
	case o := <-l.tasks.outcomes:
		l.settle(o)
	}
	for len(l.engine.requests) > 0 {
		l.apply(<-l.engine.requests)
	}
}

// apply takes a request into what is desired.
func (l *loop) apply(r Request) {
	l.state.Answered++
	l.state.Notice, l.fresh = "", true
	params := l.inspects(r)
	switch {
	case l.actual.recorded && params != nil: // weights are not in a profile
	case l.actual.recorded:
		l.notify("a recorded profile: nothing runs")
	case params != nil:
		l.inspect(params)
	case !l.actual.failed:
		r.apply(&l.desired)
	}
	if l.actual.stepping && !l.desired.Running {
		l.explain(r)
	}
}

// explain says why single steps don't show what was asked for.
func (l *loop) explain(r Request) {
	switch r := r.(type) {
	case SetFuse:
		l.notify("single steps run every layer by itself; fusion changes with the next run")
	case SetBackward:
		if r.On {
			l.notify("single steps run forward alone; backward passes come with the next run")
		} else {
			l.notify("the next run has no backward passes")
		}
	case SetTwin:
		if r.On {
			l.notify("single steps run the net alone; its twin comes with the next run")
		} else {
			l.notify("the next run has no twin")
		}
	}
}

// notify publishes a notice with the next state.
func (l *loop) notify(text string) {
	l.state.Notice, l.fresh = text, true
	l.state.Notices++
}

// settle takes in what came of a task.
func (l *loop) settle(o outcome) {
	l.tasks.ended()
	if l.ctx.Err() != nil {
		return // it was ended with the engine
	}
	l.state.Results, l.state.Progress, l.state.Ceilings = o.results, Progress{}, o.ceilings
	l.actual, l.fresh = o.actual, true
	l.state.Actual = o.actual.settings()
	var broken *internalError
	switch {
	case errors.As(o.err, &broken), app.Lost(o.err):
		l.fail(o.err)
	case o.interrupted && o.action == trace && !l.desired.tracing:
		l.notify("path lengths: interrupted")
	case o.interrupted:
	case o.err != nil && o.action == compile:
		l.reject(o)
	case o.err != nil && !o.action.dispensable():
		l.fail(o.err)
	default:
		l.finish(o)
	}
}

// finish takes in a task that has reached its end.
func (l *loop) finish(o outcome) {
	switch o.action {
	case compile:
		l.settled = o.asked
		if o.asked.Twin && o.twinErr != nil {
			l.desired.Twin, l.settled.Twin = false, false
			o.notice = o.twinErr.Error()
		}
	case measure:
		l.desired.measuring = false
		if o.err != nil {
			o.notice = "ceilings: " + o.err.Error()
		}
	case resemble:
		l.desired.resembling = false
		if o.err != nil {
			o.notice = "similarity: " + o.err.Error()
		}
	case examine:
		l.desired.diagnosing = false
		if o.err != nil {
			o.notice = "diagnosis: " + o.err.Error()
		}
	case trace:
		l.desired.tracing = false
		if o.err != nil {
			o.notice = o.err.Error()
		}
	}
	if o.notice != "" {
		l.notify(o.notice)
	}
}

// reject gives up what can't be compiled, and says why. If what was there before
// can't be compiled either, all stays as it is: it would be tried again and again.
func (l *loop) reject(o outcome) {
	l.desired.revert(o.task, o.asked, l.settled)
	if reconcile(l.desired, l.actual).equal(o.task) {
		l.desired = desired{Settings: l.actual.settings()}
	}
	l.notify(o.err.Error())
}

// fail ends all work for good.
func (l *loop) fail(err error) {
	if advice, ok := app.Advice(err); ok {
		err = fmt.Errorf("%w; %s", err, advice.Named(l.tasks.runner.options.naming()))
	}
	l.actual.failed, l.state.Err = true, err
	l.desired.Running = false
	l.desired.drop()
}
