package diagnose

import (
	"fmt"
	"math"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	// Values a channel below which a batch's statistics say little. nn calibrates with 64.
	leastValues = 64
	// Values a channel below which training by the batch's statistics fails (Wu and He
	// 2018, arXiv 1803.08494, figure 1: errors rise from batches of 16 down).
	fewValues = 16

	// Nats that a batch of many images may be from the running statistics, and what a single
	// image may be further away.
	staleDrift   = 0.1
	staleSingle  = 0.3
	staleFactor  = 6.0 // times the median of the net's batch norms
	brokenDrift  = 5.0 // nats
	smallVar     = 1e-8
	liveGain     = 10.0 // γ/√(σ²+ε) that is more than a variance of 0.01 gives
	reversedPart = 0.5
	fewImages    = 4 // below which one that is hard to tell decides
	disagreement = 0.5
)

// normDrift is how far a batch is from a norm's running statistics.
type normDrift struct {
	layer  *nn.Layer
	drift  float64 // the median divergence of its channels
	values int64   // per channel
	mean   float64 // median |batch's mean − running mean| / running deviation
	ratio  float64 // median of batch's variance / running variance
}

// drifts are those of all batch norms with enough values, in a pass that normalises by the
// batch, so that what one norm makes wrong isn't passed on.
func (e *Evidence) drifts(p *Pass) (all []normDrift) {
	if p == nil {
		return nil
	}
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		if from := l.Inputs[0]; from >= 0 {
			if d := e.driftOf(l, p.Layers[from]); d.values >= leastValues {
				all = append(all, d)
			}
		}
	})
	return all
}

// driftOf is the drift of one batch norm, of what it normalises.
func (e *Evidence) driftOf(l *nn.Layer, in *nn.Statistics) normDrift {
	mean, variance := e.param(l, tensor.RunningMean), e.param(l, tensor.RunningVar)
	d := normDrift{layer: l}
	if !isFinite(in) || mean.NaN+mean.Inf+variance.NaN+variance.Inf > 0 || variance.Min < 0 {
		return d
	}
	var all, shifts, ratios []float64
	for c, s := range in.PerChannel {
		rm, rv := float64(mean.Values[c]), float64(variance.Values[c])
		all = append(all, divergence(s.Mean, s.Std*s.Std, rm, rv, l.Op.Eps))
		shifts = append(shifts, math.Abs(s.Mean-rm)/math.Sqrt(rv+l.Op.Eps))
		ratios = append(ratios, (s.Std*s.Std+l.Op.Eps)/(rv+l.Op.Eps))
		d.values = s.Finite
	}
	d.drift, d.mean, d.ratio = median(all), median(shifts), median(ratios)
	return d
}

// median of values, which are sorted; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// typicalDrift is the median over batch norms.
func typicalDrift(all []normDrift) float64 {
	var values []float64
	for _, d := range all {
		values = append(values, d.drift)
	}
	return median(values)
}

// staleStatistics finds batch norms whose running statistics are not those of what they
// get.
func staleStatistics(e *Evidence) (found []Finding) {
	if !e.fitting() {
		return nil
	}
	all := e.drifts(e.Train)
	limit := max(staleDrift+staleSingle/e.images(), staleFactor*typicalDrift(all))
	for _, d := range all {
		if d.drift < limit {
			continue
		}
		f := Finding{
			Severity: Warning, Path: d.layer.Path, Strength: d.drift / limit, Proof: showing(d.layer.Path),
			Message: fmt.Sprintf("the batch is %.3g nats from the running statistics of %s: its mean is %.3g deviations "+
				"away, its variance %.3g times as large", d.drift, d.layer.Path, d.mean, d.ratio),
			Evidence: map[string]any{"divergence": d.drift, "limit": limit, "mean_shift": d.mean,
				"variance_ratio": d.ratio},
		}
		if d.drift > brokenDrift {
			f.Severity = Error
		}
		found = append(found, f)
	}
	return found
}

// initialStatistics finds batch norms whose running statistics are still 0 and 1.
func initialStatistics(e *Evidence) (found []Finding) {
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		mean, variance := e.param(l, tensor.RunningMean), e.param(l, tensor.RunningVar)
		if mean.Zeros == mean.elements() && variance.Min == 1 && variance.Max == 1 {
			found = append(found, Finding{
				Severity: Warning, Path: l.Path, Strength: 1, Proof: showing(l.Path),
				Message: "the running statistics of " + l.Path +
					" are the initial 0 and 1: in eval mode it normalises nothing",
				Evidence: map[string]any{"running_mean": 0, "running_var": 1},
			})
		}
	})
	return found
}

// negativeVariance finds running variances below 0.
func negativeVariance(e *Evidence) (found []Finding) {
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		if v := e.param(l, tensor.RunningVar); v.Min < 0 {
			found = append(found, Finding{
				Severity: Error, Path: v.Name, Strength: 1 - v.Min, Proof: showing(l.Path),
				Message:  fmt.Sprintf("%s has a variance of %.3g: none can be negative", v.Name, v.Min),
				Evidence: map[string]any{"min": v.Min},
			})
		}
	})
	return found
}

// tinyVariance finds channels that a batch norm divides by almost nothing.
func tinyVariance(e *Evidence) (found []Finding) {
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		v, gamma := e.param(l, tensor.RunningVar), e.param(l, tensor.Gamma)
		n, most := 0, 0.0
		for c, x := range v.Values {
			gain := math.Abs(float64(gamma.Values[c])) / math.Sqrt(float64(x)+l.Op.Eps)
			if x >= 0 && float64(x) < smallVar && gain > liveGain {
				n, most = n+1, max(most, gain)
			}
		}
		if n == 0 {
			return
		}
		found = append(found, Finding{
			Severity: Warning, Path: l.Path, Strength: 1 + float64(n)/float64(len(v.Values)),
			Proof: showing(l.Path),
			Message: fmt.Sprintf("%d of %d channels of %s have a running variance below %.0e, and are multiplied by up to %.3g",
				n, len(v.Values), l.Path, smallVar, most),
			Evidence: map[string]any{"channels": n, "of": len(v.Values), "gain": most},
		})
	})
	return found
}

// reversedGamma finds batch norms that turn most channels' signs.
func reversedGamma(e *Evidence) (found []Finding) {
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		gamma := e.param(l, tensor.Gamma)
		n := 0
		for _, v := range gamma.Values {
			if v < 0 {
				n++
			}
		}
		if part := float64(n) / float64(len(gamma.Values)); part > reversedPart {
			found = append(found, Finding{
				Severity: Warning, Path: gamma.Name, Strength: part / reversedPart, Proof: showing(gamma.Name),
				Message: fmt.Sprintf("%d of %d values of %s are negative: training starts them at 1", n,
					len(gamma.Values), gamma.Name),
				Evidence: map[string]any{"negative": n, "of": len(gamma.Values)},
			})
		}
	})
	return found
}

// zeroGamma finds batch norms that let nothing through.
func zeroGamma(e *Evidence) (found []Finding) {
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		gamma := e.param(l, tensor.Gamma)
		if gamma.Zeros == 0 {
			return
		}
		f := Finding{
			Severity: Note, Path: gamma.Name, Strength: 1 + float64(gamma.Zeros)/float64(len(gamma.Values)),
			Proof: showing(gamma.Name),
			Message: fmt.Sprintf("%d of %d values of %s are 0: these channels hold their bias alone",
				gamma.Zeros, len(gamma.Values), gamma.Name),
			Evidence: map[string]any{"zeros": gamma.Zeros, "of": len(gamma.Values)},
		}
		if e.Trained && 2*gamma.Zeros > len(gamma.Values) {
			f.Severity = Warning
		}
		found = append(found, f)
	})
	return found
}

// evalTrainDifference finds nets that answer otherwise in train mode.
func evalTrainDifference(e *Evidence) []Finding {
	if e.Train == nil || !e.fitting() || len(e.drifts(e.Train)) < e.norms() || e.Net.Classes() < 2 ||
		e.images() < fewImages {
		return nil
	}
	eval, train := e.Eval.classes(), e.Train.classes()
	n, apart := 0, 0.0
	for i := range eval {
		if eval[i] != train[i] {
			n++
		}
		apart += totalVariation(rowOf(e.Eval.Logits, i), rowOf(e.Train.Logits, i))
	}
	part := float64(n) / float64(len(eval))
	apart /= float64(len(eval))
	if part <= disagreement || apart <= disagreement {
		return nil
	}
	return []Finding{{
		Severity: Warning, Path: e.classifier(), Strength: apart / disagreement,
		Proof: append(showing(e.classifier()), "--mode", "train"),
		Message: fmt.Sprintf("%d of %d images get another class in train mode, and probabilities differ by %.2g on average",
			n, len(eval), apart),
		Evidence: map[string]any{"changed": n, "images": len(eval), "total_variation": apart},
	}}
}

// norms is the number of batch norms.
func (e *Evidence) norms() (n int) {
	e.ofKind(tensor.BatchNorm2d, func(*nn.Layer) { n++ })
	return n
}

// totalVariation is half the sum of |p−q| of the probabilities of two rows of logits; 0 if
// they aren't finite.
func totalVariation(a, b []float32) float64 {
	p, q := softmax(a), softmax(b)
	sum := 0.0
	for i := range p {
		sum += math.Abs(p[i] - q[i])
	}
	if sum != sum {
		return 0
	}
	return sum / 2
}

// softmax are the probabilities of logits.
func softmax(logits []float32) []float64 {
	most := float64(slices.Max(logits))
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// smallBatchNorm finds batch norms that a training step normalises by too few values.
func smallBatchNorm(e *Evidence) (found []Finding) {
	if e.Step == nil || e.Step.Mode != nn.Train {
		return nil
	}
	e.ofKind(tensor.BatchNorm2d, func(l *nn.Layer) {
		values := l.In[0] * l.In[2] * l.In[3]
		if values >= fewValues {
			return
		}
		f := Finding{
			Severity: Warning, Path: l.Path, Strength: fewValues / float64(values), Proof: []string{"summary"},
			Message: fmt.Sprintf("%s normalises by %d values a channel: a batch of %d images of %d×%d",
				l.Path, values, l.In[0], l.In[2], l.In[3]),
			Evidence: map[string]any{"values": values, "batch": l.In[0]},
		}
		if values == 1 {
			f.Severity = Error
		}
		found = append(found, f)
	})
	return found
}
