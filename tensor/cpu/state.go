package cpu

import (
	"errors"
	"slices"

	"resnet-tui/tensor"
)

// state holds the masters that were written, and packed copies of parameters.
// Everything else is read from the source when it is packed, one parameter at
// a time, so that an inference program holds no weight twice.
type state struct {
	params  tensor.ParamTable[*param]
	source  tensor.Source
	version uint64
	packed  map[string]*packed
	closed  bool
}

// param is a parameter; master is nil until somebody writes it.
type param struct {
	tensor.Param
	master  []float32
	version uint64
}

// packed is a packed copy in a cache that programs share.
type packed struct {
	weight   *weight
	slab     *slab
	versions []uint64 // of the parameters, when it was filled; nil before
	users    int      // programs
}

// slab is the memory of the copies that one Compile added. It is freed when the last
// of them is dropped.
type slab struct {
	*region
	users int // copies
}

var errClosed = errors.New("the state is closed")

func newState(params []tensor.Param, source tensor.Source) (*state, error) {
	table, err := tensor.NewParamTable(params, func(p tensor.Param) *param { return &param{Param: p} })
	if err != nil {
		return nil, err
	}
	return &state{params: table, source: source, packed: make(map[string]*packed)}, nil
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

// Write sets a parameter.
func (s *state) Write(name string, t *tensor.Tensor) error {
	p, err := s.check(name, t)
	if err != nil {
		return err
	}
	if p.master == nil {
		p.master = slices.Clone(t.Data)
	}
	copy(p.master, t.Data) // programs keep masters that they update
	s.touch(p)
	return nil
}

// touch marks a parameter as changed: packed copies of it are out of date.
func (s *state) touch(p *param) {
	s.version++
	p.version = s.version
}

// Read gets a parameter's value.
func (s *state) Read(name string, t *tensor.Tensor) error {
	p, err := s.check(name, t)
	if err != nil {
		return err
	}
	return s.load(p, t.Data)
}

// load copies a parameter's value.
func (s *state) load(p *param, dst []float32) error {
	if p.master != nil {
		copy(dst, p.master)
		return nil
	}
	return tensor.LoadFrom(s.source, p.Param, &tensor.Tensor{Shape: p.Shape, Data: dst})
}

// master is a parameter's value, to be updated in place.
func (s *state) master(param tensor.Param) ([]float32, error) {
	p, err := s.find(param.Name, param.Shape)
	if err != nil {
		return nil, err
	}
	if p.master == nil {
		m := make([]float32, p.Shape.Elems())
		if err := s.load(p, m); err != nil {
			return nil, err
		}
		p.master = m
	}
	return p.master, nil
}

// unmade is the bytes of the masters that launches update or read and that don't
// exist yet.
func (s *state) unmade(launches []*launch) (bytes int64) {
	counted := make(map[string]bool)
	for _, ln := range launches {
		for _, name := range append(ln.trained, ln.reads...) {
			if p := s.params[name]; p != nil && p.master == nil && !counted[name] {
				counted[name] = true
				bytes += p.Bytes()
			}
		}
	}
	return bytes
}

// Version moves when a parameter changes.
func (s *state) Version() uint64 { return s.version }

// Close frees the packed copies. Programs on the state must be closed before.
func (s *state) Close() error {
	for key := range s.packed {
		s.drop(key)
	}
	s.closed = true
	s.source = nil
	s.params = nil
	return nil
}

// drop frees a packed copy, though its slab may live on for another.
func (s *state) drop(key string) {
	p := s.packed[key]
	delete(s.packed, key)
	if p.slab.users--; p.slab.users == 0 {
		p.slab.free()
		return
	}
	p.slab.discard(p.weight.data)
}

// release gives up a program's copies. They stay for the next Compile, which
// may need them again, and frees the others.
func (s *state) release(weights map[string]*weight) {
	for key := range weights {
		if p := s.packed[key]; p != nil {
			p.users--
		}
	}
}

// sweep frees the copies that no program uses, except those to keep.
func (s *state) sweep(keep map[string]*weight) {
	for key, p := range s.packed {
		if p.users == 0 && keep[key] == nil {
			s.drop(key)
		}
	}
}

// stale reports whether a parameter changed since the copy was filled.
func (s *state) stale(p *packed) bool {
	if p.versions == nil {
		return true
	}
	for i, param := range p.weight.params {
		if s.params[param.Name].version != p.versions[i] {
			return true
		}
	}
	return false
}
