package live

import "testing"

// TestHistograms: while they are asked for, passes count all values of what kernels put out
// and, with a backward pass, of parameters' gradients; what was known of the passes stays.
func TestHistograms(t *testing.T) {
	e, _ := looker(t)
	e.Send(SetBackward{true})
	before := await(t, e, "gradients", func(s *State) bool { return s.Gradients != nil && s.Program.Train && s.Phase == Running })
	e.Send(SetHistograms{true})
	s := await(t, e, "values", func(s *State) bool { return s.Values != nil })
	if s.Gradients == nil || len(s.Program.Kernels) <= len(before.Program.Kernels) {
		t.Errorf("gradients %v, %d kernels after %d", s.Gradients, len(s.Program.Kernels), len(before.Program.Kernels))
	}
	m := s.Program.Model
	for i, v := range s.Values.Outputs {
		if shape := m.Layers[i].Out; v.Elements != int64(shape.Elems()) || len(v.PerChannel) != shape[1] {
			t.Errorf("%s: %d values in %d channels, of %v", m.Layers[i].Path, v.Elements, len(v.PerChannel), shape)
		}
	}
	if last := len(m.Layers) - 1; s.Values.Outputs[last] == nil || s.Values.Outputs[last].Std == 0 {
		t.Error("nothing of the logits")
	}
	for _, p := range m.Params {
		v := s.Values.Gradients[p.Name]
		if learned := p.Role.Learnable(); learned != (v != nil) || learned && v.Elements != int64(p.Shape.Elems()) {
			t.Errorf("%s: %+v", p.Name, v)
		}
	}
	e.Send(SetHistograms{false})
	s = await(t, e, "no values", func(s *State) bool { return !s.Actual.Histograms && s.Phase == Running })
	if s.Values != nil || len(s.Program.Kernels) != len(before.Program.Kernels) {
		t.Errorf("%d kernels, %v", len(s.Program.Kernels), s.Values)
	}
}
