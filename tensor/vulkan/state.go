//go:build !nogpu

package vulkan

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
)

// state holds parameters on the device, each from when a program first needs it.
type state struct {
	dev     *device
	params  tensor.ParamTable[*param]
	source  tensor.Source
	version uint64
	memory  chunks
	closed  bool
}

type param struct {
	tensor.Param
	place          // its memory is nil until it is needed
	version uint64 // the state's when it was last changed
}

var errClosed = errors.New("the state is closed")

func newState(d *device, params []tensor.Param, source tensor.Source) (*state, error) {
	table, err := tensor.NewParamTable(params, func(p tensor.Param) *param { return &param{Param: p} })
	if err != nil {
		return nil, err
	}
	return &state{dev: d, params: table, source: source}, nil
}

// find is the parameter of that name, whose shape must be t's.
func (s *state) find(name string, shape tensor.Shape) (*param, error) {
	if s.closed {
		return nil, errClosed
	}
	return s.params.Find(name, shape)
}

// check is the parameter of that name, for a tensor that is to hold its value.
func (s *state) check(name string, t *tensor.Tensor) (*param, error) {
	if s.closed {
		return nil, errClosed
	}
	return s.params.Holder(name, t)
}

// missing is the bytes of a plan's parameters that are not on the device yet.
func (s *state) missing(plan *tensor.Plan) (bytes int64) {
	for _, p := range plan.Params {
		if q := s.params[p.Name]; q != nil && q.memory == nil {
			bytes += p.Bytes()
		}
	}
	return bytes
}

// acquire brings a plan's parameters to the device. After an error it is as if nothing
// had been asked for; giveBack makes it so while nothing has run.
func (s *state) acquire(plan *tensor.Plan, progress func(done, total int64)) (giveBack func(), err error) {
	var want []*param
	var total int64
	for _, p := range plan.Params {
		q, err := s.find(p.Name, p.Shape)
		if err != nil {
			return nil, err
		}
		total += int64(p.Shape.Elems())
		if q.memory == nil {
			want = append(want, q)
		}
	}
	before := len(s.memory)
	giveBack = func() { s.drop(want, before) }
	if err := s.bring(want, total, progress); err != nil {
		giveBack()
		return nil, err
	}
	if progress != nil {
		progress(total, total)
	}
	return giveBack, nil
}

// bring takes memory for parameters and fills it, several at a time: a source may have to
// make or convert their values.
func (s *state) bring(want []*param, total int64, progress func(done, total int64)) error {
	if err := s.reserve(want); err != nil {
		return err
	}
	jobs := make(chan *param, len(want))
	for _, q := range want {
		jobs <- q
	}
	close(jobs)
	workers := min(runtime.GOMAXPROCS(0), len(want))
	errs := make(chan error, max(1, workers))
	var done atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for q := range jobs {
				if err := s.fill(q); err != nil {
					for range jobs { // nobody needs the rest
					}
					errs <- err
					return
				}
				if n := done.Add(int64(q.Shape.Elems())); progress != nil {
					progress(n, total)
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	return <-errs
}

// drop takes parameters from the device again, with all memory but the first pieces.
func (s *state) drop(params []*param, pieces int) {
	for _, q := range params {
		q.place = place{}
	}
	if s.dev.usable() {
		s.memory[pieces:].free()
	}
	s.memory = s.memory[:pieces]
}

// fill loads a parameter's first value.
func (s *state) fill(q *param) error {
	t := tensor.New(q.Shape...)
	if err := s.load(q, t); err != nil {
		return err
	}
	return s.dev.upload(q.place, t.Data)
}

// reserve takes memory for parameters.
func (s *state) reserve(params []*param) error {
	var largest int64
	for _, q := range params {
		largest = max(largest, q.Bytes())
	}
	traits := &s.dev.traits
	limit := traits.MaxTensor()
	if largest > limit {
		return &tensor.TooLargeError{Device: traits.Name, Tensor: "a parameter", Bytes: largest, Limit: limit}
	}
	offsets, piece, end := gpu.Stack(sizes(params), traits.Align, limit)
	c, err := s.dev.reserve(end, piece)
	if err != nil {
		return err
	}
	s.memory = append(s.memory, c...)
	for i, q := range params {
		q.place = place{c[offsets[i]/piece], offsets[i] % piece, q.Bytes()}
	}
	return nil
}

func sizes(params []*param) []int64 {
	list := make([]int64, len(params))
	for i, q := range params {
		list[i] = q.Bytes()
	}
	return list
}

// load reads a parameter's first value.
func (s *state) load(q *param, t *tensor.Tensor) error {
	return tensor.LoadFrom(s.source, q.Param, t)
}

// Write sets a parameter.
func (s *state) Write(name string, t *tensor.Tensor) error {
	q, err := s.check(name, t)
	if err != nil {
		return err
	}
	if q.memory == nil {
		if err := s.reserve([]*param{q}); err != nil {
			return err
		}
	}
	s.changed(q)
	return s.dev.upload(q.place, t.Data)
}

// changed notes that a parameter changes.
func (s *state) changed(q *param) {
	s.version++
	q.version = s.version
}

// Read gets a parameter's value.
func (s *state) Read(name string, t *tensor.Tensor) error {
	q, err := s.check(name, t)
	if err != nil {
		return err
	}
	if q.memory == nil {
		return s.load(q, t)
	}
	return s.dev.download(t.Data, q.place)
}

// Version moves when a parameter changes.
func (s *state) Version() uint64 { return s.version }

// Close frees the parameters. Programs on the state must be closed before.
func (s *state) Close() error {
	if s.closed {
		return nil
	}
	if s.dev.usable() {
		s.memory.free()
	}
	s.closed, s.memory, s.params, s.source = true, nil, nil, nil
	s.dev.disown(s)
	return nil
}
