package tensortest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"resnet-tui/tensor"
)

// referenceState holds what was written or changed; everything else is read
// from the source each time.
type referenceState struct {
	device *ReferenceDevice
	source tensor.Source
	params map[string]tensor.Param

	mu      sync.Mutex
	values  map[string][]float32
	version uint64
	closed  bool
}

var errStateClosed = errors.New("the state is closed")

// find reports a parameter that isn't there, or has another shape.
func (s *referenceState) find(name string, shape tensor.Shape) error {
	p, ok := s.params[name]
	switch {
	case s.closed:
		return errStateClosed
	case !ok:
		return fmt.Errorf("the net has no parameter %s", name)
	case !p.Shape.Equal(shape):
		return fmt.Errorf("parameter %s is %v, not %v", name, p.Shape, shape)
	}
	return nil
}

// Load makes a state the source of its programs.
func (s *referenceState) Load(p tensor.Param, t *tensor.Tensor) error { return s.Read(p.Name, t) }

// Read gets a parameter's value.
func (s *referenceState) Read(name string, t *tensor.Tensor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkTensor(name, t); err != nil {
		return err
	}
	if v, ok := s.values[name]; ok {
		copy(t.Data, v)
		return nil
	}
	if s.source == nil {
		return fmt.Errorf("parameter %s has no value: nothing was written, and the state has no source", name)
	}
	return s.source.Load(s.params[name], t)
}

// Write sets a parameter.
func (s *referenceState) Write(name string, t *tensor.Tensor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkTensor(name, t); err != nil {
		return err
	}
	s.store(name, t.Data)
	return nil
}

func (s *referenceState) checkTensor(name string, t *tensor.Tensor) error {
	if err := s.find(name, t.Shape); err != nil {
		return err
	}
	return checkLength(t)
}

// checkLength reports a tensor whose data don't fill its shape.
func checkLength(t *tensor.Tensor) error {
	if len(t.Data) != t.Shape.Elems() {
		return fmt.Errorf("%d values for the shape %v", len(t.Data), t.Shape)
	}
	return nil
}

// store sets a parameter. The lock must be held.
func (s *referenceState) store(name string, x []float32) {
	s.values[name] = slices.Clone(x)
	s.version++
}

// keep takes over what a program changed, and returns the version after it.
func (s *referenceState) keep(p *tensor.Plan, r *tensor.Reference[float32], ids []tensor.ParamID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		name := p.Params[id].Name
		s.store(name, r.Param(name))
	}
	return s.version
}

// Version moves when a parameter changes.
func (s *referenceState) Version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Close ends the state; its programs refuse to run.
func (s *referenceState) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	twice := s.closed
	s.closed = true
	s.device.note(func(u *Usage) {
		if twice {
			u.ClosedTwice++
		} else {
			u.States--
		}
	})
	return nil
}

func (s *referenceState) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
