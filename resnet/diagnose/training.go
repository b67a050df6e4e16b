package diagnose

import (
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	largeUpdate  = 0.1  // of a weight's norm in a step, median over weights
	smallUpdate  = 1e-7 // likewise
	wildUpdate   = 5.0  // likewise, of a single weight
	quickDecay   = 1e-3 // of a weight a step, by decay alone
	longMomentum = 0.99 // 100 steps
	surplusLoss  = 10.0 // nats above ln C
	noSignal     = 1e-6 // nats of loss
	fewLabels    = 4    // images below which equal labels say nothing
	oneLabelOdds = 0.5  // of the labels
)

// updates are the ratios rate·‖∂L/∂w‖/‖w‖ of the weights that have a gradient.
func (e *Evidence) updates() (ratios []float64, params []*Param) {
	for id := range e.Params {
		p := &e.Params[id]
		if g := e.Step.ParamGrad[id]; p.isWeight() && e.Step.Reached[id] && p.L2 > 0 && g-g == 0 {
			ratios, params = append(ratios, e.Step.Rate*g/p.L2), append(params, p)
		}
	}
	return ratios, params
}

// updateRatio finds learning rates that move weights by too much or too little.
func updateRatio(e *Evidence) (found []Finding) {
	if e.Step == nil || e.Step.Rate == 0 {
		return nil
	}
	ratios, params := e.updates()
	for i, r := range ratios {
		if r > wildUpdate {
			found = append(found, e.update(params[i].Name, r, wildUpdate, Warning))
		}
	}
	switch typical := median(append([]float64(nil), ratios...)); {
	case typical > largeUpdate:
		return []Finding{e.update("settings", typical, largeUpdate, Error)}
	case typical > 0 && typical < smallUpdate:
		return []Finding{e.update("settings", typical, smallUpdate, Warning)}
	}
	return found
}

// update is the finding of an update that is too large or too small.
func (e *Evidence) update(path string, ratio, limit float64, s Severity) Finding {
	what, of := "too large", path
	if ratio < limit {
		what = "too small"
	}
	if path == "settings" {
		of = "a typical weight"
	}
	return Finding{
		Severity: s, Path: path, Strength: max(ratio/limit, limit/ratio), Proof: showingGradients(""),
		Message: fmt.Sprintf("a step at rate %.3g changes %s by %.2g of its norm: that is %s", e.Step.Rate,
			of, ratio, what),
		Evidence: map[string]any{"ratio": ratio, "rate": e.Step.Rate},
	}
}

// strongDecay finds a weight decay that is done with the weights within an epoch.
func strongDecay(e *Evidence) []Finding {
	if e.Step == nil || e.Step.Rate*e.Step.Decay < quickDecay {
		return nil
	}
	each := e.Step.Rate * e.Step.Decay
	return []Finding{{
		Severity: Warning, Path: "settings", Strength: each / quickDecay, Proof: showingGradients(""),
		Message: fmt.Sprintf("weight decay %.3g at rate %.3g halves the weights in %.0f steps if no gradient holds against it",
			e.Step.Decay, e.Step.Rate, math.Ceil(math.Ln2/each)),
		Evidence: map[string]any{"decay": e.Step.Decay, "rate": e.Step.Rate, "a_step": each},
	}}
}

// highMomentum finds a momentum that averages over too many steps.
func highMomentum(e *Evidence) []Finding {
	if e.Step == nil || e.Step.Momentum <= longMomentum {
		return nil
	}
	return []Finding{{
		Severity: Warning, Path: "settings", Strength: (1 - longMomentum) / max(1-e.Step.Momentum, 1e-9),
		Proof: showingGradients(""),
		Message: fmt.Sprintf("momentum %.6g adds up the gradients of %.3g steps: the rate counts as many times",
			e.Step.Momentum, 1/max(1-e.Step.Momentum, 1e-9)),
		Evidence: map[string]any{"momentum": e.Step.Momentum},
	}}
}

// initialLoss finds fresh nets that are sure of something before they learn.
func initialLoss(e *Evidence) []Finding {
	if e.Step == nil || e.Trained {
		return nil
	}
	chance := math.Log(float64(e.Net.Classes()))
	if !(e.Step.Loss > chance+surplusLoss) || math.IsInf(e.Step.Loss, 0) {
		return nil
	}
	return []Finding{{
		Severity: Warning, Path: e.Net.Layers[len(e.Net.Layers)-1].Path, Strength: e.Step.Loss / (chance + surplusLoss),
		Proof: showingGradients(""),
		Message: fmt.Sprintf("the loss of the fresh net is %.3g, ln %d is %.3g: its logits are too large to start with",
			e.Step.Loss, e.Net.Classes(), chance),
		Evidence: map[string]any{"loss": e.Step.Loss, "chance": chance},
	}}
}

// nothingToLearn finds batches that the net already knows by heart.
func nothingToLearn(e *Evidence) []Finding {
	if e.Step == nil || !(e.Step.Loss < noSignal) || e.Net.Classes() < 2 {
		return nil
	}
	return []Finding{{
		Severity: Warning, Path: "settings", Strength: noSignal / max(e.Step.Loss, 1e-12),
		Proof: showingGradients(""),
		Message: fmt.Sprintf("the loss is %.2g: softmax is saturated and next to no gradient is left",
			e.Step.Loss),
		Evidence: map[string]any{"loss": e.Step.Loss},
	}}
}

// fixedStatistics finds steps that normalise by running statistics.
func fixedStatistics(e *Evidence) []Finding {
	if e.Step == nil || e.Step.Mode == nn.Train || e.norms() == 0 {
		return nil
	}
	first := ""
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		if first == "" {
			first = l.Path
		}
	})
	return []Finding{{
		Severity: Note, Path: first, Strength: 1, Proof: append(showingGradients(""), "--mode", "train"),
		Message:  fmt.Sprintf("the step normalises by the running statistics of %d batch norms, not by the batch's", e.norms()),
		Evidence: map[string]any{"norms": e.norms()},
	}}
}

// oneLabel finds batches most of whose images are of one class.
func oneLabel(e *Evidence) []Finding {
	counts := map[int]int{}
	most := 0
	for _, label := range e.Input.Labels {
		if counts[label]++; counts[label] > counts[most] || len(counts) == 1 {
			most = label
		}
	}
	n := len(e.Input.Labels)
	if n < fewLabels || e.Net.Classes() < 3 || float64(counts[most]) <= oneLabelOdds*float64(n) {
		return nil
	}
	f := Finding{
		Severity: Warning, Path: "labels", Strength: float64(counts[most]) / (oneLabelOdds * float64(n)),
		Proof: []string{"run"},
		Message: fmt.Sprintf("%d of %d labels are %d: the batch is not shuffled, or its labels are lost",
			counts[most], n, most),
		Evidence: map[string]any{"label": most, "count": counts[most], "images": n},
	}
	if counts[most] < n {
		f.Severity = Note
	}
	return []Finding{f}
}

// contradictingLabels finds equal images of different classes.
func contradictingLabels(e *Evidence) []Finding {
	first, n := map[uint64]int{}, 0
	var pair []int
	for i, label := range e.Input.Labels {
		at, seen := first[e.Input.Images[i].Hash]
		if !seen {
			first[e.Input.Images[i].Hash] = i
		} else if e.Input.Labels[at] != label {
			if n++; n == 1 {
				pair = []int{at, i}
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []Finding{{
		Severity: Error, Path: "labels", Strength: 1 + float64(n), Proof: []string{"run"},
		Message: fmt.Sprintf("images %d and %d are the same but have labels %d and %d",
			pair[0], pair[1], e.Input.Labels[pair[0]], e.Input.Labels[pair[1]]),
		Evidence: map[string]any{"images": pair, "contradictions": n},
	}}
}
