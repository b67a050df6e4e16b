package diagnose

import (
	"fmt"

	"resnet-tui/resnet/nn"
)

const (
	netChange   = 1e6  // of a gradient's elasticity from one end of the net to the other
	blockChange = 1e3  // over one block
	weakFlow    = 1e-5 // branch's gradient by the skip's
)

// elasticity is by how much the loss changes if a block's output is enlarged, at most:
// ‖∂L/∂y‖·‖y‖. It does not depend on the units of y, as the gradient alone does: halve the
// weights before a batch norm, and the gradient doubles.
type elasticity struct {
	path  string
	value float64
}

// elasticities are those of all blocks in execution order.
func (e *Evidence) elasticities() (all []elasticity) {
	if e.Step == nil {
		return nil
	}
	pass := e.Eval
	if e.Step.Mode == nn.Train && e.Train != nil {
		pass = e.Train
	}
	for i, b := range e.Net.Blocks() {
		if i < len(e.Step.Blocks) && b.To >= 0 {
			all = append(all, elasticity{b.Path, e.Step.Blocks[i].Out * pass.Layers[b.To].L2})
		}
	}
	return all
}

// changingGradients finds gradients that vanish or explode on the way back, relative to
// the outputs of blocks.
func changingGradients(e *Evidence) (found []Finding) {
	all := e.elasticities()
	for i := 0; i+1 < len(all); i++ {
		found = append(found, changed(all[i], all[i+1], blockChange)...)
	}
	if len(found) == 0 && len(all) > 1 {
		found = changed(all[0], all[len(all)-1], netChange)
	}
	return found
}

// changed is the finding of an elasticity that differs from a later one by more than limit.
func changed(a, b elasticity, limit float64) []Finding {
	ratio := a.value / b.value
	if !(ratio > limit || ratio < 1/limit) || a.value == 0 || b.value == 0 {
		return nil
	}
	what := "explodes"
	if ratio < 1 {
		what = "vanishes"
	}
	return []Finding{{
		Severity: Warning, Path: a.path, Strength: max(ratio, 1/ratio) / limit, Proof: showingGradients(""),
		Message: fmt.Sprintf("the gradient %s on its way from %s to %s: relative to the outputs it changes %.2g times",
			what, b.path, a.path, ratio),
		Evidence: map[string]any{"ratio": ratio, "from": b.path, "from_elasticity": b.value,
			"elasticity": a.value},
	}}
}

// unreachedLayers finds parameters without a gradient.
func unreachedLayers(e *Evidence) (found []Finding) {
	if e.Step == nil {
		return nil
	}
	for id := range e.Params {
		p := &e.Params[id]
		if !p.Role.Learnable() {
			continue
		}
		switch g := e.Step.ParamGrad[id]; {
		case !e.Step.Reached[id]:
			found = append(found, Finding{
				Severity: Warning, Path: p.Name, Strength: 1, Proof: showingGradients(p.Name),
				Message:  p.Name + " gets no gradient: a lesion freezes it, or takes it out of the net",
				Evidence: map[string]any{},
			})
		case g == 0:
			found = append(found, Finding{
				Severity: Warning, Path: p.Name, Strength: 2, Proof: showingGradients(p.Name),
				Message:  "the gradient of " + p.Name + " is exactly 0: it does not learn",
				Evidence: map[string]any{"norm": 0},
			})
		}
	}
	return found
}

// weakBranches finds blocks through whose branch hardly any gradient comes.
func weakBranches(e *Evidence) (found []Finding) {
	if e.Step == nil {
		return nil
	}
	for _, g := range e.Step.Blocks {
		ratio := g.Ratio()
		if !(ratio < weakFlow) {
			continue
		}
		found = append(found, Finding{
			Severity: e.known(Warning), Path: g.Path, Strength: min(weakFlow/max(ratio, 1e-30), 1e6),
			Proof: showingGradients(""),
			Message: fmt.Sprintf("the branch of %s passes %.2g of the gradient that its skip passes",
				g.Path, ratio),
			Evidence: map[string]any{"branch": g.Branch, "skip": g.Skip},
		})
	}
	return found
}
