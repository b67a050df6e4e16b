package inspect

import "context"

// LongCAM is a Grad-CAM whose weights always come from a backward pass.
func LongCAM(ctx context.Context, s Sample, p Place) (*Explainer, error) {
	c, err := newCAM(ctx, s, p, false)
	if err != nil {
		return nil, err
	}
	return &Explainer{sample: s, explain: c.explain, close: c.close}, nil
}

// HasLinearEnd reports whether a Grad-CAM at a place takes no backward pass.
func HasLinearEnd(s Sample, p Place) bool {
	end, err := s.linearEnd(p)
	return err == nil && end != nil
}

var (
	Enlarge  = enlarge
	Spearman = spearman
)
