package gpu

// span is memory that a kernel touches.
type span struct {
	kind     RefKind
	from, to int64 // in the arena; a parameter's number otherwise
	written  bool
}

// order finds the kernels that must wait for those before them: what reads or
// overwrites what one of these wrote, or overwrites what one of these reads. A
// projection thus runs beside its block's branch, and the updates beside each other.
func (bp *Blueprint) order() {
	var running []span // since the last wait
	for _, st := range bp.Steps {
		for i := range st.Kernels {
			k := &st.Kernels[i]
			own := bp.spans(k)
			if collide(running, own) {
				k.Wait = true
				running = running[:0]
			}
			running = append(running, own...)
		}
	}
}

// spans are what a kernel touches.
func (bp *Blueprint) spans(k *Kernel) []span {
	var list []span
	for i, r := range k.Buffers {
		s := span{kind: r.Kind, written: k.Writes>>i&1 != 0}
		switch r.Kind {
		case Arena:
			s.from = bp.places[r.ID]
			s.to = s.from + bp.sizes[r.ID]
		case Param:
			s.from, s.to = int64(r.ID), int64(r.ID)+1
		default:
			continue
		}
		list = append(list, s)
	}
	return list
}

func collide(a, b []span) bool {
	for _, x := range a {
		for _, y := range b {
			if x.kind == y.kind && (x.written || y.written) && x.from < y.to && y.from < x.to {
				return true
			}
		}
	}
	return false
}
