package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"resnet-tui/profile"
)

// tasks run a runner's tasks, one at a time, each in a goroutine. Its fields belong
// to the loop; its channels bring what the task has to say.
type tasks struct {
	ctx      context.Context
	runner   *runner // the running task's, the loop's while there is none
	running  task
	cancel   context.CancelFunc
	progress chan Progress // holds the newest
	outcomes chan outcome  // holds that of the running task, so that it can always end
}

// outcome is what came of a task.
type outcome struct {
	task
	asked       Settings // that were desired when it began
	results     Results
	ceilings    profile.Ceilings
	actual      actual
	notice      string
	twinErr     error // why the twin was given up
	interrupted bool
	err         error
}

func newTasks(ctx context.Context, r *runner) *tasks {
	t := &tasks{ctx: ctx, runner: r, progress: make(chan Progress, 1), outcomes: make(chan outcome, 1)}
	r.report = t.reporter()
	return t
}

// start starts a task; none may be running.
func (t *tasks) start(next task, asked Settings) {
	ctx, cancel := context.WithCancel(t.ctx)
	t.running, t.cancel = next, cancel
	go func() {
		o := outcome{task: next, asked: asked}
		o.err = t.runner.guarded(ctx, next)
		o.interrupted = ctx.Err() != nil && errors.Is(o.err, context.Canceled)
		o.results, o.actual = t.runner.results, t.runner.actual
		o.ceilings = t.runner.ceilings
		o.notice, o.twinErr = t.runner.notice, t.runner.twinErr
		t.outcomes <- o
	}()
}

// interrupt has the running task end soon.
func (t *tasks) interrupt() { t.cancel() }

// ended takes notice that the running task's outcome is there. What it said of its
// progress is stale.
func (t *tasks) ended() {
	t.cancel()
	t.running, t.cancel = task{}, nil
	select {
	case <-t.progress:
	default:
	}
}

// close waits for the running task and closes the runner.
func (t *tasks) close() {
	if t.running.action != rest {
		t.interrupt()
		<-t.outcomes
	}
	t.runner.close()
}

// reportEvery is how often progress is reported.
const reportEvery = 33 * time.Millisecond

// reporter is a function that reports progress to the loop, from any goroutine. A
// newer report replaces one that the loop has not taken.
func (t *tasks) reporter() func(stage string, done, total int64) {
	var mu sync.Mutex
	var last time.Time
	return func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) < reportEvery && done < total {
			return
		}
		last = time.Now()
		select {
		case <-t.progress:
		default:
		}
		t.progress <- Progress{stage, done, total} // there is room: nobody else sends
	}
}
