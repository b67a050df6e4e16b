package diagnose

import (
	"fmt"
	"math"
	"slices"
)

const (
	constantSpread = 1e-6     // deviation by mean below which values are one value
	cutShare       = 1.0 / 16 // of a weight that one value at its end fills
	manyElements   = 1024     // in a weight that is judged by its distribution
	coarseValues   = 32       // different ones: 5 bits
	roughValues    = 256      // 8 bits
	oddScale       = 32.0     // times the typical weight of the net, in units of He's deviation
	trainedSpread  = 2.0      // norms of filters differ by that many times what a random draw gives
	randomSpread   = 1.25
	trainedPart    = 0.75 // of the other weights that must look trained
)

// zeroWeights finds convolutions and linear layers all of whose weights are 0.
func zeroWeights(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.Zeros < p.elements() {
			continue
		}
		found = append(found, Finding{
			Severity: Error, Path: p.Name, Strength: 10, Proof: showing(p.Name),
			Message:  fmt.Sprintf("all %d values of %s are 0", p.elements(), p.Name),
			Evidence: map[string]any{"zeros": p.Zeros, "of": p.elements()},
		})
	}
	return found
}

// zeroFilters finds output channels without a weight.
func zeroFilters(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.Zeros == p.elements() {
			continue
		}
		var zero []int
		for c, row := range p.Rows {
			if row.L2 == 0 {
				zero = append(zero, c)
			}
		}
		if len(zero) == 0 {
			continue
		}
		part := float64(len(zero)) / float64(len(p.Rows))
		found = append(found, Finding{
			Severity: Warning, Path: p.Name, Strength: 1 + part, Proof: showing(p.Name),
			Message: fmt.Sprintf("%d of %d filters of %s are 0, the first is %d", len(zero), len(p.Rows),
				p.Name, zero[0]),
			Evidence: map[string]any{"zero": len(zero), "of": len(p.Rows),
				"channels": zero[:min(len(zero), 16)]},
		})
	}
	return found
}

// constantWeights finds weights that are one value over and over.
func constantWeights(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.elements() < 2 || p.Zeros == p.elements() ||
			p.Std > constantSpread*math.Abs(p.Mean) {
			continue
		}
		found = append(found, Finding{
			Severity: Error, Path: p.Name, Strength: 8, Proof: showing(p.Name),
			Message:  fmt.Sprintf("all values of %s are %.4g: every channel computes the same", p.Name, p.Mean),
			Evidence: map[string]any{"mean": p.Mean, "std": p.Std},
		})
	}
	return found
}

// cutTensor finds weights that end in one value, as of a file that was cut.
func cutTensor(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.elements() < manyElements || p.Tail == p.elements() {
			continue
		}
		share := float64(p.Tail) / float64(p.elements())
		if share < cutShare {
			continue
		}
		found = append(found, Finding{
			Severity: Error, Path: p.Name, Strength: 1 + share/cutShare, Proof: showing(p.Name),
			Message: fmt.Sprintf("the last %d of %d values of %s are the same, as if it had been cut",
				p.Tail, p.elements(), p.Name),
			Evidence: map[string]any{"equal": p.Tail, "of": p.elements()},
		})
	}
	return found
}

// duplicateFilters finds weights with equal filters.
func duplicateFilters(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.fanIn() < 2 || p.Std <= constantSpread*math.Abs(p.Mean) {
			continue
		}
		first, copies := map[uint64]int{}, 0
		var pair []int
		for c, row := range p.Rows {
			if row.L2 == 0 {
				continue
			}
			if twin, seen := first[row.Hash]; seen {
				if copies++; copies == 1 {
					pair = []int{twin, c}
				}
				continue
			}
			first[row.Hash] = c
		}
		if copies == 0 {
			continue
		}
		found = append(found, Finding{
			Severity: Warning, Path: p.Name, Strength: 1 + float64(copies)/float64(len(p.Rows)),
			Proof: showing(p.Name),
			Message: fmt.Sprintf("%d of %d filters of %s are copies of others, such as %d of %d",
				copies, len(p.Rows), p.Name, pair[1], pair[0]),
			Evidence: map[string]any{"copies": copies, "of": len(p.Rows), "pair": pair},
		})
	}
	return found
}

// sameTensor finds weights that two layers have in common.
func sameTensor(e *Evidence) (found []Finding) {
	first := map[uint64]int{}
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.Std <= constantSpread*math.Abs(p.Mean) || p.Zeros == p.elements() {
			continue
		}
		twin, seen := first[p.Hash]
		if !seen {
			first[p.Hash] = i
			continue
		}
		other := e.Params[twin].Name
		found = append(found, Finding{
			Severity: Error, Path: p.Name, Strength: 6, Proof: showing(p.Name),
			Message:  fmt.Sprintf("%s holds the values of %s", p.Name, other),
			Evidence: map[string]any{"equal_to": other, "elements": p.elements()},
		})
	}
	return found
}

// coarseWeights finds weights of few different values.
func coarseWeights(e *Evidence) (found []Finding) {
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.elements() < manyElements || p.Distinct < 2 || p.Distinct > roughValues ||
			p.Std <= constantSpread*math.Abs(p.Mean) {
			continue
		}
		f := Finding{
			Severity: Note, Path: p.Name, Strength: roughValues / float64(p.Distinct), Proof: showing(p.Name),
			Message: fmt.Sprintf("%s has %d different values for %d elements: it was rounded", p.Name,
				p.Distinct, p.elements()),
			Evidence: map[string]any{"distinct": p.Distinct, "elements": p.elements()},
		}
		if p.Distinct <= coarseValues {
			f.Severity = Warning
		}
		found = append(found, f)
	}
	return found
}

// relativeScale is a weight's root mean square in units of He's deviation √(2/fan-out), or,
// of a linear layer, of the initial 1/√(3·fan-in).
func (p *Param) relativeScale() float64 {
	if len(p.Shape) == 2 {
		return p.rms() * math.Sqrt(3*float64(p.fanIn()))
	}
	return p.rms() / math.Sqrt(2/float64(p.fanOut()))
}

// oddScales finds weights that are far larger or smaller than the net's others.
func oddScales(e *Evidence) (found []Finding) {
	var all []float64
	for i := range e.Params {
		if p := &e.Params[i]; p.isWeight() && p.L2 > 0 {
			all = append(all, p.relativeScale())
		}
	}
	typical := median(all)
	for i := range e.Params {
		p := &e.Params[i]
		if !p.isWeight() || p.L2 == 0 || p.NaN+p.Inf > 0 {
			continue
		}
		ratio := p.relativeScale() / typical
		if ratio < oddScale && ratio > 1/oddScale {
			continue
		}
		found = append(found, Finding{
			Severity: Warning, Path: p.Name, Strength: max(ratio, 1/ratio) / oddScale, Proof: showing(p.Name),
			Message:  fmt.Sprintf("%s is %.3g times as large as the net's weights usually are, for its shape", p.Name, ratio),
			Evidence: map[string]any{"ratio": ratio, "rms": p.rms()},
		})
	}
	return found
}

// spread is how much the norms of a weight's filters differ, in units of what independent
// normal values give: 1/√(2·fan-in) relative to their mean (uniform ones give less).
func (p *Param) spread() float64 {
	sum, squares := 0.0, 0.0
	for _, r := range p.Rows {
		sum += r.L2
		squares += r.L2 * r.L2
	}
	n := float64(len(p.Rows))
	mean := sum / n
	if mean == 0 {
		return 0
	}
	return math.Sqrt(max(squares/n-mean*mean, 0)) / mean * math.Sqrt(2*float64(p.fanIn()))
}

// judged reports whether a weight has enough values for its spread to mean something.
func (p *Param) judged() bool {
	return p.isWeight() && len(p.Shape) == 4 && len(p.Rows) >= 16 && p.elements() >= manyElements &&
		p.NaN+p.Inf == 0
}

// untrainedLayers finds weights that look drawn at random in a net whose others don't.
func untrainedLayers(e *Evidence) (found []Finding) {
	var random []*Param
	trained, all := 0, 0
	for i := range e.Params {
		p := &e.Params[i]
		if !p.judged() {
			continue
		}
		all++
		switch s := p.spread(); {
		case s > trainedSpread:
			trained++
		case s < randomSpread && s > 1/trainedSpread:
			random = append(random, p)
		}
	}
	if float64(trained) < trainedPart*float64(all) {
		return nil
	}
	for _, p := range random {
		found = append(found, Finding{
			Severity: Warning, Path: p.Name, Strength: trainedSpread / p.spread(), Proof: showing(p.Name),
			Message: fmt.Sprintf("the filters of %s have norms as alike as a random draw's (spread %.2g times that), "+
				"those of %d of %d weights don't: it looks untrained", p.Name, p.spread(), trained, all),
			Evidence: map[string]any{"spread": p.spread(), "trained": trained, "of": all},
		})
	}
	return found
}

// missingWeights finds parameters that the file lacked.
func missingWeights(e *Evidence) []Finding {
	missing := slices.Clone(e.Missing)
	i := slices.IndexFunc(e.Params, func(p Param) bool { return slices.Contains(missing, p.Name) })
	if i < 0 {
		return nil
	}
	first := &e.Params[i]
	return []Finding{{
		Severity: Warning, Path: first.Name, Strength: 1 + float64(len(missing))/float64(len(e.Params)),
		Proof: first.showing(),
		Message: fmt.Sprintf("%d of %d tensors were not in the file and stay at their initialisation, the first is %s",
			len(missing), len(e.Params), first.Name),
		Evidence: map[string]any{"missing": missing, "of": len(e.Params)},
	}}
}
