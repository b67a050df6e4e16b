package live

import "resnet-tui/resnet/nn"

// valuesOf reads what a session's newest pass has counted; nil if it can't be read.
func valuesOf(s *nn.Session) *Values {
	v := &Values{Outputs: map[int]*nn.Statistics{}, Gradients: map[string]*nn.Statistics{}}
	for i, p := range s.Options().Probes {
		if p.What != nn.ChannelStats {
			continue
		}
		all, err := s.Probe(i)
		if err != nil {
			return nil
		}
		for _, m := range all {
			if p.At == nn.EveryLayer {
				v.Outputs[m.Index] = m.Statistics
			} else {
				v.Gradients[string(m.At)] = m.Statistics
			}
		}
	}
	return v
}
