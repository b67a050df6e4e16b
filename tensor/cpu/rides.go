package cpu

import (
	"slices"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// A histogram reads all values of a buffer: from memory, that takes longer than to count
// them. So it rides, if it can, on a phase of another launch that writes or reads the same
// buffer in the same pieces: a worker counts a piece as soon as the phase has done it, while
// it is in the worker's cache. The histogram stays a launch with a name and a time of its
// own; what is left of it is to add up. One that comes before its carrier moves behind it.

// planRides finds carriers for histograms, in one pass over all launches.
func (sc *schedule) planRides() {
	r := rides{sc: sc, free: make(map[*view]*phase), waiting: make(map[*view]*launch), ahead: sc.carriersAhead()}
	for _, ln := range slices.Clone(sc.launches) {
		if h := ln.histogram; h != nil && r.take(ln, h) {
			continue
		}
		r.add(ln)
		for i := range ln.phases {
			r.offer(ln, &ln.phases[i])
		}
	}
	sc.launches = r.launches
	for i, ln := range sc.launches {
		sc.fusions[i] = ln.fusion
	}
}

// rides is the state of planRides.
type rides struct {
	sc       *schedule
	launches []*launch
	free     map[*view]*phase  // the newest carrier over a view that was passed
	waiting  map[*view]*launch // the histogram that waits for one
	ahead    map[*view][]*launch
}

// carriersAhead are the launches that have a phase over a view.
func (sc *schedule) carriersAhead() map[*view][]*launch {
	ahead := make(map[*view][]*launch)
	for _, ln := range sc.launches {
		for _, ph := range ln.phases {
			if ph.over != nil {
				ahead[ph.over] = append(ahead[ph.over], ln)
			}
		}
	}
	return ahead
}

func (r *rides) add(ln *launch) { r.launches = append(r.launches, ln) }

// take lets a histogram ride on a phase that was passed, or wait for one.
func (r *rides) take(ln *launch, h *histogram) (taken bool) {
	if ph := r.free[h.over]; ph != nil && h.ride(ln, ph) {
		delete(r.free, h.over)
		r.add(ln)
		return true
	}
	for _, carrier := range r.ahead[h.over] {
		if carrier.fusion.Head > ln.fusion.Head && r.waiting[h.over] == nil && r.soon(ln, carrier) {
			r.waiting[h.over] = ln
			return true
		}
	}
	return false
}

// soon reports whether a carrier belongs to the pass that the histogram belongs to, or
// updates what that is the gradient of.
func (r *rides) soon(ln, carrier *launch) bool {
	of, by := r.sc.head(ln), r.sc.head(carrier)
	return of.Pass == by.Pass || by.Kind == tensor.SGD
}

// offer lets the histogram that waits for a phase ride on it.
func (r *rides) offer(carrier *launch, ph *phase) {
	ln := r.waiting[ph.over]
	if ph.over == nil {
		return
	}
	if ln == nil || carrier.fusion.Head < ln.fusion.Head {
		r.free[ph.over] = ph
		return
	}
	ln.histogram.ride(ln, ph)
	delete(r.waiting, ph.over)
	r.add(ln)
}

// ride moves the counting of a histogram into a phase over the same pieces.
func (h *histogram) ride(ln *launch, ph *phase) bool {
	if ph.pieces != h.source.pieces() {
		return false
	}
	run := ph.run
	ph.rider = h
	ph.run = func(w *worker, piece, next int) {
		run(w, piece, next)
		from := h.env.clock()
		h.piece(w, piece, next)
		w.ridden += h.env.clock() - from
	}
	ln.phases = ln.phases[1:]
	return true
}

// riding is the time that a histogram took while it rode, until its launch reports it.
type riding struct {
	ticks int64 // of the launch that carried it
	spans []tensor.Span
}

// alight ends a ride: the carrier's times lose what the rider took.
func (p *program) alight(pool *pool, ph *phase, epoch uint64) {
	h := ph.rider
	from := h.env.clock()
	h.collect()
	h.riding = riding{ticks: h.env.clock() - from, spans: h.riding.spans[:0]}
	sum, n := int64(0), int64(0)
	for _, w := range pool.workers {
		if w.epoch != epoch {
			continue
		}
		if pool.watched() {
			h.riding.spans = append(h.riding.spans, w.cede())
		}
		sum, n = sum+w.ridden, n+1
		w.ridden = 0
	}
	h.riding.ticks += sum / n
	p.spans.owed += h.riding.ticks
}

// cede shortens a watched worker's time by what was ridden of it.
func (w *worker) cede() tensor.Span {
	ridden := min(time.Duration(w.ridden), w.end-w.start)
	cpu := time.Duration(float64(w.cpu) * float64(ridden) / float64(max(1, w.end-w.start)))
	w.end -= ridden
	w.cpu -= cpu
	return tensor.Span{Worker: w.id, Start: w.end, End: w.end + ridden, CPU: cpu}
}

// resume begins the launch of a histogram that has ridden with the time that it took.
func (p *program) resume(ln *launch, o tensor.RunOptions, watched bool) {
	r := &ln.histogram.riding
	if watched {
		for _, s := range r.spans {
			s.Op = ln.fusion.Head
			o.Observe(s)
		}
	}
	p.spans.owed -= r.ticks
	*r = riding{spans: r.spans[:0]}
}

// clock is what histograms that ride take the time with.
func (p *program) clock(pool *pool, observed bool) func() int64 {
	switch {
	case !observed:
		return func() int64 { return 0 }
	case pool.watched():
		return func() int64 { return int64(monotonic()) }
	}
	return asm.Ticks
}
