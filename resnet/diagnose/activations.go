package diagnose

import (
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	largestHalf   = 65504.0 // the largest float16
	smallestHalf  = 6.1e-5  // the smallest normal float16
	blockGrowth   = 32.0    // of the root mean square from a block's input to its output
	deadNote      = 0.25
	deadWarning   = 0.5
	deadUnnormed  = 0.95 // without batch norm, channels of a fresh net are on or off for all images
	openShare     = 1e-3 // of a ReLU's outputs that are 0
	flatChannel   = 1e-6 // deviation of a channel, relative to its values
	flatPart      = 0.25 // of the channels
	weakBranch    = 1e-3 // ‖F‖/‖S‖
	weakSkip      = 1e-2 // ‖S‖/‖F‖
	alikeChannels = 1e-6 // relative difference of mean, deviation and largest value
)

// notFinite finds where NaN and infinite values come from: the input, a parameter, or the
// first operation that makes some of finite operands.
func notFinite(e *Evidence) []Finding {
	if n := e.Input.NaN + e.Input.Inf; n > 0 {
		return lost("input", showing(e.Net.Layers[0].Path), "the input holds", e.Input.NaN, e.Input.Inf)
	}
	for _, l := range e.Net.Layers {
		for _, id := range l.Params {
			if p := &e.Params[id]; p.NaN+p.Inf > 0 {
				return lost(p.Name, p.showing(), p.Name+" holds", p.NaN, p.Inf)
			}
		}
		if s := e.output(l.Index); s != nil && !isFinite(s) {
			return lost(l.Path, showing(string(l.At())), l.Path+" is the first operation to make",
				int(s.NaN), int(s.Inf))
		}
	}
	return e.notFiniteGradient()
}

// lost is the finding of values that aren't finite.
func lost(path string, proof []string, what string, nan, inf int) []Finding {
	return []Finding{{
		Severity: Error, Path: path, Strength: 1000, Proof: proof,
		Message:  fmt.Sprintf("%s %d NaN and %d infinite values", what, nan, inf),
		Evidence: map[string]any{"nan": nan, "inf": inf},
	}}
}

// notFiniteGradient finds the last layer, and so the first that the backward pass meets,
// whose gradient isn't finite.
func (e *Evidence) notFiniteGradient() []Finding {
	if e.Step == nil {
		return nil
	}
	for i := len(e.Net.Layers) - 1; i >= 0; i-- {
		for _, id := range e.Net.Layers[i].Params {
			if g := e.Step.ParamGrad[id]; e.Step.Reached[id] && g-g != 0 {
				name := e.Params[id].Name
				return []Finding{{
					Severity: Error, Path: name, Strength: 1000, Proof: showingGradients(name),
					Message:  "the gradient of " + name + " is not finite, and is the first that the backward pass computes so",
					Evidence: map[string]any{"norm": g},
				}}
			}
		}
	}
	return nil
}

// explodingActivations finds outputs beyond float16, and blocks that enlarge their input.
func explodingActivations(e *Evidence) (found []Finding) {
	for _, l := range e.Net.Layers {
		if s := e.output(l.Index); s != nil && rms(s) > largestHalf {
			found = append(found, Finding{
				Severity: Error, Path: string(l.At()), Strength: rms(s) / largestHalf,
				Proof:    showing(string(l.At())),
				Message:  fmt.Sprintf("the output of %s has a root mean square of %.3g, beyond what float16 holds", l.Path, rms(s)),
				Evidence: map[string]any{"rms": rms(s), "max": s.Max},
			})
			break // what follows is an effect
		}
	}
	for _, b := range e.Net.Blocks() {
		in, out := rms(e.output(b.From)), rms(e.output(b.To))
		if in == 0 || out/in < blockGrowth {
			continue
		}
		found = append(found, Finding{
			Severity: Warning, Path: b.Path, Strength: out / in / blockGrowth, Proof: showing(b.Path),
			Message:  fmt.Sprintf("the output of %s is %.3g times as large as its input", b.Path, out/in),
			Evidence: map[string]any{"in_rms": in, "out_rms": out},
		})
	}
	return found
}

// vanishingActivations finds the first output that is close to nothing.
func vanishingActivations(e *Evidence) []Finding {
	for _, l := range e.Net.Layers {
		s := e.output(l.Index)
		if s == nil || rms(s) > smallestHalf || rms(s) == 0 {
			continue
		}
		return []Finding{{
			Severity: Warning, Path: string(l.At()), Strength: smallestHalf / rms(s),
			Proof:    showing(string(l.At())),
			Message:  fmt.Sprintf("the output of %s has a root mean square of %.3g: nearly nothing comes through", l.Path, rms(s)),
			Evidence: map[string]any{"rms": rms(s)},
		}}
	}
	return nil
}

// deadLayer finds the first layer whose output is 0 everywhere.
func deadLayer(e *Evidence) []Finding {
	for _, l := range e.Net.Layers {
		s := e.output(l.Index)
		if s == nil || s.Zeros < s.Elements || s.Elements == 0 {
			continue
		}
		return []Finding{{
			Severity: Error, Path: string(l.At()), Strength: 100, Proof: showing(string(l.At())),
			Message:  fmt.Sprintf("all %d outputs of %s are 0", s.Elements, l.Path),
			Evidence: map[string]any{"zeros": s.Zeros},
		}}
	}
	return nil
}

// deadChannels finds ReLUs that let nothing of many channels through.
func deadChannels(e *Evidence) (found []Finding) {
	e.ofKind(tensor.ReLU, func(l *nn.Layer) {
		s := e.output(l.Index)
		if s == nil || s.Zeros == s.Elements || len(s.PerChannel) == 0 || s.PerChannel[0].Finite < leastValues {
			return
		}
		var dead []int
		for c, x := range s.PerChannel {
			if x.Zeros == x.Finite {
				dead = append(dead, c)
			}
		}
		part, severe := float64(len(dead))/float64(len(s.PerChannel)), deadWarning
		if !e.normed(l) {
			severe = deadUnnormed
		}
		if part <= deadNote || part < severe && !e.normed(l) {
			return
		}
		f := Finding{
			Severity: Note, Path: string(l.At()), Strength: part / deadNote, Proof: showing(string(l.At())),
			Message: fmt.Sprintf("%d of %d channels of %s are 0 on all images", len(dead),
				len(s.PerChannel), l.At()),
			Evidence: map[string]any{"dead": len(dead), "of": len(s.PerChannel),
				"channels": dead[:min(len(dead), 16)]},
		}
		if part >= severe {
			f.Severity, f.Strength = Warning, part/severe
		}
		found = append(found, f)
	})
	return found
}

// normed reports whether a ReLU's operand comes from a batch norm, or from a sum in a net
// that has some.
func (e *Evidence) normed(l *nn.Layer) bool { return e.Net.Total.Buffers > 0 && l.Index > 0 }

// openReLU finds ReLUs in branches and outside blocks that let everything through. One
// behind a sum may: what a deep net adds up is positive nearly everywhere.
func openReLU(e *Evidence) (found []Finding) {
	e.ofKind(tensor.ReLU, func(l *nn.Layer) {
		s := e.output(l.Index)
		if s == nil || l.Part == nn.Join || s.Finite() < leastValues || e.behindSum(l) {
			return
		}
		share := float64(s.Zeros) / float64(s.Elements)
		if share > openShare {
			return
		}
		found = append(found, Finding{
			Severity: Warning, Path: string(l.At()), Strength: 1 + (openShare-share)/openShare,
			Proof: showing(string(l.At())),
			Message: fmt.Sprintf("%s sets %.2g %% of its values to 0: it is linear on these images",
				l.Path, 100*share),
			Evidence: map[string]any{"zeros": s.Zeros, "of": s.Elements},
		})
	})
	return found
}

// behindSum reports whether a layer reads a sum.
func (e *Evidence) behindSum(l *nn.Layer) bool {
	from := l.Inputs[0]
	return from >= 0 && e.Net.Layers[from].Kind == tensor.Add
}

// flatChannels finds batch norms of which many channels don't depend on the images.
func flatChannels(e *Evidence) (found []Finding) {
	e.ofKind(tensor.Conv2d, func(l *nn.Layer) {
		s := e.output(l.Index)
		if s == nil || s.Finite() == 0 || s.Zeros == s.Elements || s.PerChannel[0].Finite < leastValues {
			return
		}
		flat := 0
		for _, x := range s.PerChannel {
			if x.Std <= flatChannel*math.Abs(x.Mean) && x.Finite > 0 {
				flat++
			}
		}
		part := float64(flat) / float64(len(s.PerChannel))
		if part < flatPart {
			return
		}
		found = append(found, Finding{
			Severity: Warning, Path: string(l.At()), Strength: part / flatPart, Proof: showing(string(l.At())),
			Message: fmt.Sprintf("%d of %d channels of %s hold one value on all images", flat,
				len(s.PerChannel), l.Path),
			Evidence: map[string]any{"flat": flat, "of": len(s.PerChannel)},
		})
	})
	return found
}

// duplicateChannels finds convolutions with channels whose outputs are alike though their
// weights are not.
func duplicateChannels(e *Evidence) (found []Finding) {
	e.ofKind(tensor.Conv2d, func(l *nn.Layer) {
		s := e.output(l.Index)
		if s == nil || !isFinite(s) {
			return
		}
		copies := 0
		var pair []int
		for c, x := range s.PerChannel {
			for d := range c {
				if alike(x, s.PerChannel[d]) {
					if copies++; pair == nil {
						pair = []int{d, c}
					}
					break
				}
			}
		}
		if copies == 0 {
			return
		}
		found = append(found, Finding{
			Severity: Warning, Path: string(l.At()), Strength: 1 + float64(copies)/float64(len(s.PerChannel)),
			Proof: showing(string(l.At())),
			Message: fmt.Sprintf("%d of %d channels of %s answer as others do, such as %d as %d",
				copies, len(s.PerChannel), l.Path, pair[1], pair[0]),
			Evidence: map[string]any{"copies": copies, "of": len(s.PerChannel), "pair": pair},
		})
	})
	return found
}

// alike reports whether two channels that vary have the same figures.
func alike(a, b nn.ChannelStatistics) bool {
	near := func(x, y float64) bool { return math.Abs(x-y) <= alikeChannels*max(math.Abs(x), math.Abs(y)) }
	varies := a.Std > flatChannel*math.Abs(a.Mean) && a.Std > 0
	return varies && near(a.Std, b.Std) && near(a.Mean, b.Mean) && near(a.Max, b.Max)
}

// weakPaths finds blocks of which the skip or the branch hardly counts.
func weakPaths(e *Evidence) (found []Finding) {
	e.ofKind(tensor.Add, func(l *nn.Layer) {
		branch, skip := rms(e.output(l.Inputs[0])), rms(e.output(l.Inputs[1]))
		block := blockPath(l)
		switch {
		case branch == 0 && skip == 0 || branch != branch || skip != skip:
		case branch < weakBranch*skip:
			found = append(found, Finding{
				Severity: e.known(Warning), Path: block, Strength: min(weakBranch*skip/branch, 1e6),
				Proof: showing(block),
				Message: fmt.Sprintf("the branch of %s adds nothing: it is %.2g of the skip", block,
					branch/skip),
				Evidence: map[string]any{"branch_rms": branch, "skip_rms": skip},
			})
		case skip < weakSkip*branch:
			found = append(found, Finding{
				Severity: Warning, Path: block, Strength: min(weakSkip*branch/skip, 1e6), Proof: showing(block),
				Message: fmt.Sprintf("the branch of %s drowns the skip: it is %.3g times as large", block,
					branch/skip),
				Evidence: map[string]any{"branch_rms": branch, "skip_rms": skip},
			})
		}
	})
	return found
}

// known is a severity for trained nets: in a fresh one that something starts at 0 is often
// meant so, and noted.
func (e *Evidence) known(s Severity) Severity {
	if e.Trained {
		return s
	}
	return Note
}

// blockPath is the path of the block that a layer lies in, or its own.
func blockPath(l *nn.Layer) string {
	for m := l.Module; m != nil; m = m.Parent {
		if m.Block != nil {
			return m.Path
		}
	}
	return l.Path
}
