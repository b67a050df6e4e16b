package diagnose

import (
	"fmt"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	twinFits  = 2.0 // times closer to the running statistics
	twinDrift = 0.01
)

// compare is how far the net and its twin with other zero channels are from the running
// statistics, behind the first padded skip.
func (e *Evidence) compare(twin *Pass, name string) *Fit {
	f := &Fit{Name: name}
	pad := -1
	for _, l := range e.Net.Layers {
		if l.Kind == tensor.Pad && pad < 0 {
			pad = l.Index
		}
	}
	behind := func(all []normDrift) float64 {
		sum, n := 0.0, 0
		for _, d := range all {
			if pad >= 0 && d.layer.Index > pad && d.layer.Inputs[0] > pad {
				if f.Path == "" {
					f.Path = d.layer.Path
				}
				sum, n = sum+min(d.drift, brokenDrift), n+1
			}
		}
		return sum / float64(max(n, 1))
	}
	f.Drift, f.Twins = behind(e.drifts(e.Train)), behind(e.drifts(twin))
	return f
}

// wrongPadding finds weights that fit skips with the zero channels elsewhere.
func wrongPadding(e *Evidence) []Finding {
	if e.Other == nil || !e.Trained || e.Other.Drift < twinDrift || e.Other.Drift < twinFits*e.Other.Twins {
		return nil
	}
	path := ""
	for _, b := range e.Net.Blocks() {
		if b.Block.Skip == nn.ZeroPad && path == "" {
			path = b.Path
		}
	}
	return []Finding{{
		Severity: Error, Path: path, Strength: e.Other.Drift / max(e.Other.Twins, 1e-6) / twinFits,
		Proof: []string{"diagnose", "--shortcut", e.Other.Name},
		Message: fmt.Sprintf("the weights were trained with option %s: activations are %.3g nats from the running statistics, "+
			"and %.3g with it", e.Other.Name, e.Other.Drift, e.Other.Twins),
		Evidence: map[string]any{"divergence": e.Other.Drift, "with_" + e.Other.Name: e.Other.Twins},
	}}
}

// smallImages finds images that shrink to one pixel before the last pool.
func smallImages(e *Evidence) (found []Finding) {
	e.ofKind(tensor.AdaptiveAvgPool2d, func(l *nn.Layer) {
		if l.In[2]*l.In[3] > 1 {
			return
		}
		found = append(found, Finding{
			Severity: Note, Path: l.Path, Strength: 1, Proof: []string{"summary"},
			Message: fmt.Sprintf("images of %d×%d shrink to a single pixel before the last pool: windows see mostly padding",
				e.Net.Input[2], e.Net.Input[3]),
			Evidence: map[string]any{"height": e.Net.Input[2], "width": e.Net.Input[3]},
		})
	})
	return found
}
