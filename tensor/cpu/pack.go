package cpu

import (
	"sync"
	"sync/atomic"

	"resnet-tui/tensor"
)

// missing is the bytes of the copies that the state doesn't have yet.
func (s *state) missing(weights map[string]*weight) int64 {
	var bytes int64
	for key, w := range weights {
		if s.packed[key] == nil {
			bytes += w.bytes()
		}
	}
	return bytes
}

// acquire makes the packed copies of a program, in the order of its launches, and
// fills those that are new or out of date.
func (s *state) acquire(weights map[string]*weight, threads int, progress func(done, total int64)) error {
	for _, w := range weights {
		for _, p := range w.params {
			if _, err := s.find(p.Name, p.Shape); err != nil {
				return err
			}
		}
	}
	s.sweep(weights)
	if err := s.reserve(weights); err != nil {
		return err
	}
	err := s.refresh(weights, threads, progress)
	if err != nil {
		s.release(weights)
	}
	return err
}

// reserve takes memory for the copies that are not there, and counts the user.
func (s *state) reserve(weights map[string]*weight) error {
	// One mapping for all new copies: huge pages are rounded up once.
	r, err := newRegion(s.missing(weights))
	if err != nil {
		return err
	}
	sl := &slab{region: r}
	rest := r.data
	for key, w := range weights {
		p := s.packed[key]
		if p == nil {
			w.data, rest = rest[:w.floats:w.floats], rest[w.bytes()/floatBytes:]
			p = &packed{weight: w, slab: sl}
			s.packed[key] = p
			sl.users++
		}
		w.data = p.weight.data
		p.users++
	}
	if sl.users == 0 { // nothing was missing
		sl.free()
	}
	return nil
}

// refresh fills the copies that are out of date, several at a time.
func (s *state) refresh(weights map[string]*weight, threads int, progress func(done, total int64)) error {
	jobs := make(chan *packed, len(weights))
	var done atomic.Int64
	var total int64
	for key := range weights {
		if p := s.packed[key]; s.stale(p) {
			jobs <- p
			total += p.weight.elements()
		}
	}
	close(jobs)
	var wait sync.WaitGroup
	errs := make(chan error, max(1, min(threads, len(jobs))))
	for range min(threads, len(jobs)) {
		wait.Go(func() {
			errs <- s.fillAll(jobs, func(p *packed) {
				if n := done.Add(p.weight.elements()); progress != nil {
					progress(n, total)
				}
			})
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fillAll fills copies until there are no more, or one fails.
func (s *state) fillAll(jobs <-chan *packed, filled func(p *packed)) error {
	var l loader
	defer l.free()
	for p := range jobs {
		if err := s.fill(p, &l); err != nil {
			return err
		}
		filled(p)
	}
	return nil
}

// fill fills one copy.
func (s *state) fill(p *packed, l *loader) error {
	values, err := l.values(s, p.weight.params)
	if err != nil {
		return err
	}
	p.weight.fill(values)
	p.note(s)
	return nil
}

// note remembers that the copy is up to date.
func (p *packed) note(s *state) {
	p.versions = p.versions[:0]
	for _, param := range p.weight.params {
		p.versions = append(p.versions, s.params[param.Name].version)
	}
}

// elements counts the parameters' elements, the measure of progress.
func (w *weight) elements() int64 {
	var n int64
	for _, p := range w.params {
		n += int64(p.Shape.Elems())
	}
	return n
}

// loader holds parameters that have no master while they are packed. Its memory is
// reused, and outside the Go heap: it goes back to the system when it is freed.
type loader struct{ slots []*region }

// values are the parameters' values, until the next call.
func (l *loader) values(s *state, params []tensor.Param) ([][]float32, error) {
	list := make([][]float32, len(params))
	for i, param := range params {
		p := s.params[param.Name]
		if p.master != nil {
			list[i] = p.master
			continue
		}
		dst, err := l.slot(i, p.Shape.Elems())
		if err != nil {
			return nil, err
		}
		if err := s.load(p, dst); err != nil {
			return nil, err
		}
		list[i] = dst
	}
	return list, nil
}

// slot is the i-th memory, of n floats.
func (l *loader) slot(i, n int) ([]float32, error) {
	for len(l.slots) <= i {
		l.slots = append(l.slots, &region{})
	}
	if len(l.slots[i].data) < n {
		l.slots[i].free()
		r, err := newRegion(int64(n) * floatBytes)
		if err != nil {
			return nil, err
		}
		l.slots[i] = r
	}
	return l.slots[i].data[:n], nil
}

func (l *loader) free() {
	for _, r := range l.slots {
		r.free()
	}
}
