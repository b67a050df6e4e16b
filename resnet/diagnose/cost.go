package diagnose

import "fmt"

const (
	slowShare = 0.1       // of the pass
	slowRoof  = 0.2       // of what the machine can do
	heldShare = 0.5       // of the arena
	heldBytes = 256 << 20 // that are worth a note
)

// slowLayers finds layers that take much time and are far below their roof.
func slowLayers(e *Evidence) (found []Finding) {
	for _, t := range e.Times {
		if t.Share < slowShare || t.Roof == 0 || t.Roof > slowRoof || t.Bound == "overhead" {
			continue
		}
		found = append(found, Finding{
			Severity: Note, Path: t.Path, Strength: t.Share / slowShare * slowRoof / t.Roof,
			Proof: []string{"profile"},
			Message: fmt.Sprintf("%s takes %.0f %% of the pass, %.3g ms, and reaches %.0f %% of its roof",
				t.Path, 100*t.Share, t.MS, 100*t.Roof),
			Evidence: map[string]any{"ms": t.MS, "share": t.Share, "roof": t.Roof, "bound": t.Bound},
		})
	}
	return found
}

// heldMemory finds a value that takes most of the memory at its fullest.
func heldMemory(e *Evidence) []Finding {
	m := e.Memory
	if m == nil || m.Most < heldBytes || float64(m.Most) < heldShare*float64(m.Bytes) {
		return nil
	}
	return []Finding{{
		Severity: Note, Path: m.Largest, Strength: float64(m.Most) / (heldShare * float64(m.Bytes)),
		Proof: []string{"profile"},
		Message: fmt.Sprintf("%s holds %d MB of the %d MB that live when %s runs",
			m.Largest, m.Most/1e6, m.Bytes/1e6, m.Path),
		Evidence: map[string]any{"bytes": m.Most, "of": m.Bytes, "at": m.Path},
	}}
}
