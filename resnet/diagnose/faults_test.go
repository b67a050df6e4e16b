package diagnose_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// fault is something that is broken in a healthy net on purpose.
type fault struct {
	name  string
	in    func() *patient
	plant func(p *patient)
	rules string // any of which finds it
	path  string // where it is found, a prefix; "" if it has no place
	short bool   // planted in short tests too
}

// The healthy nets that faults are planted in.
var (
	fashion  = sync.OnceValue(func() *patient { return included("fashion-resnet20") })
	plain    = sync.OnceValue(func() *patient { return included("fashion-plain20") })
	stripe14 = sync.OnceValue(func() *patient { return shortTrained(resnet.Config{Family: resnet.CIFAR, Depth: 14}) })
	fresh20  = sync.OnceValue(func() *patient { return withWeights(fresh(resnet.Config{Family: resnet.CIFAR, Depth: 20, Batch: 8})) })
	small18  = sync.OnceValue(func() *patient {
		return fresh(resnet.Config{Depth: 18, Height: 32, Width: 32, Classes: 10, Batch: 2})
	})
	deep = sync.OnceValue(func() *patient {
		return fresh(resnet.Config{Family: resnet.CIFAR, Depth: 110, Plain: true, Batch: 4})
	})
	unnormed = sync.OnceValue(func() *patient {
		return withWeights(fresh(resnet.Config{Family: resnet.CIFAR, Depth: 20, Plain: true, Norm: resnet.NormNone, Batch: 4}))
	})
)

// withWeights gives a fresh net its initial weights and calibrated statistics, so that they
// can be changed.
func withWeights(p *patient) *patient {
	s, err := nn.NewSession(context.Background(), device(), p.model.Model, nn.SessionOptions{Seed: 1, Calibrate: true})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	p.weights = parameters{}
	for _, param := range p.model.Params {
		p.weights[param.Name] = tensor.New(param.Shape...)
		if err := s.State().Read(param.Name, p.weights[param.Name]); err != nil {
			panic(err)
		}
	}
	return p
}

// set replaces the values of a parameter.
func set(name string, f func(i int, v float32) float32) func(p *patient) {
	return func(p *patient) {
		t := p.weights[name]
		if t == nil {
			panic(p.name + " has no " + name)
		}
		for i, v := range t.Data {
			t.Data[i] = f(i, v)
		}
	}
}

func to(x float64) func(int, float32) float32 {
	return func(int, float32) float32 { return float32(x) }
}

func times(x float64) func(int, float32) float32 {
	return func(_ int, v float32) float32 { return v * float32(x) }
}

// at replaces one value.
func at(index int, x float64) func(int, float32) float32 {
	return func(i int, v float32) float32 {
		if i == index {
			return float32(x)
		}
		return v
	}
}

// pixels replaces the values of images; c is the channel.
func pixels(f func(c int, v float32) float32) func(p *patient) {
	return func(p *patient) {
		t := p.given.Images
		plane := t.Shape[2] * t.Shape[3]
		for i, v := range t.Data {
			t.Data[i] = f(i/plane%t.Shape[1], v)
		}
	}
}

// places replaces each value of an image by one at another place, in each channel.
func places(f func(y, x, h, w int) (int, int)) func(p *patient) {
	return func(p *patient) {
		old, t := copyOf(p.given.Images), p.given.Images
		h, w := t.Shape[2], t.Shape[3]
		for i := range t.Data {
			y, x := f(i/w%h, i%w, h, w)
			t.Data[i] = old.Data[i/(h*w)*(h*w)+y*w+x]
		}
	}
}

// channels exchanges channels.
func channels(from ...int) func(p *patient) {
	return func(p *patient) {
		old, t := copyOf(p.given.Images), p.given.Images
		plane := t.Shape[2] * t.Shape[3]
		for i := range t.Data {
			image, c := i/plane/len(from), i/plane%len(from)
			t.Data[i] = old.Data[(image*len(from)+from[c])*plane+i%plane]
		}
	}
}

// labelled replaces the labels.
func labelled(f func(i, label int) int) func(p *patient) {
	return func(p *patient) {
		for i, label := range p.given.Labels {
			p.given.Labels[i] = f(i, label)
		}
		p.given.Target = p.given.Labels
	}
}

// lesioned gives the net a lesion.
func lesioned(text string) func(p *patient) {
	return func(p *patient) {
		l, err := nn.ParseLesion(text)
		if err != nil {
			panic(err)
		}
		p.model = build(p.model.Config, l)
		p.given.Twin = nil
	}
}

// reinitialised draws a weight anew.
func reinitialised(name string) func(p *patient) {
	return func(p *patient) {
		source := p.model.Initial(7)
		for _, param := range p.model.Params {
			if param.Name == name {
				if err := source.Load(param, p.weights[name]); err != nil {
					panic(err)
				}
			}
		}
	}
}

// everyWeight scales all weights of convolutions.
func everyWeight(x float32) func(p *patient) {
	return func(p *patient) {
		for name, t := range p.weights {
			if strings.Contains(name, "conv") && strings.HasSuffix(name, ".weight") {
				for i := range t.Data {
					t.Data[i] *= x
				}
			}
		}
	}
}

func weightFaults() []fault {
	return []fault{
		{"a NaN in a weight", fashion, set("layer2.1.conv2.weight", at(5, math.NaN())), "not-finite", "layer2.1.conv2.weight", true},
		{"an infinite running variance", fashion, set("layer1.0.bn1.running_var", at(3, math.Inf(1))), "not-finite", "layer1.0.bn1.running_var", false},
		{"a negative running variance", stripe14, set("layer2.0.bn2.running_var", at(1, -0.5)), "negative-variance", "layer2.0.bn2", false},
		{"a convolution of zeros", fashion, set("layer3.0.conv1.weight", to(0)), "zero-weights", "layer3.0.conv1", false},
		{"three filters of zeros", fashion, set("layer2.0.conv1.weight", func(i int, v float32) float32 {
			if i < 3*16*9 {
				return 0
			}
			return v
		}), "zero-filter", "layer2.0.conv1", false},
		{"a convolution of one value", stripe14, set("layer2.1.conv1.weight", to(0.01)), "constant-weights", "layer2.1.conv1", false},
		{"a convolution drawn anew", fashion, reinitialised("layer2.2.conv1.weight"), "stale-statistics|untrained-layer", "layer2.2", true},
		{"a convolution 100 times too large", fashion, set("layer3.1.conv2.weight", times(100)), "odd-scale|stale-statistics", "layer3.1", false},
		{"a convolution 5 times too small", plain, set("layer2.1.conv1.weight", times(0.2)), "stale-statistics", "layer2.1.bn1", false},
		{"a branch whose last norm is 0", fashion, set("layer1.1.bn2.weight", to(0)), "zero-gamma|weak-path", "layer1.1", false},
		{"a norm with its signs turned", fashion, set("layer2.0.bn1.weight", times(-1)), "negative-gamma", "layer2.0.bn1", false},
		{"a norm's bias of −10", plain, set("layer2.0.bn1.bias", to(-10)), "dead-layer|dead-channels", "layer2.0.relu", false},
		{"a norm's bias of +10", fashion, set("layer2.0.bn1.bias", to(10)), "open-relu", "layer2.0.relu", false},
		{"a running variance of 1e-12", stripe14, set("layer2.0.bn1.running_var", at(4, 1e-12)), "tiny-variance", "layer2.0.bn1", false},
		{"running statistics never set", fashion, func(p *patient) {
			set("layer3.0.bn1.running_mean", to(0))(p)
			set("layer3.0.bn1.running_var", to(1))(p)
		}, "initial-statistics", "layer3.0.bn1", false},
		{"a classifier's bias of 1000", fashion, set("fc.bias", at(3, 1000)), "one-class", "fc", false},
		{"two filters alike", stripe14, func(p *patient) {
			w := p.weights["layer3.0.conv1.weight"].Data
			copy(w[5*32*9:6*32*9], w[9*32*9:])
		}, "duplicate-filters", "layer3.0.conv1", false},
		{"a layer with another's weights", fashion, func(p *patient) {
			copy(p.weights["layer1.2.conv1.weight"].Data, p.weights["layer1.1.conv2.weight"].Data)
		}, "same-tensor", "layer1.2.conv1", false},
		{"weights of 8 different values", fashion, set("layer3.2.conv1.weight", func(_ int, v float32) float32 {
			return float32(math.Round(float64(min(max(v, -0.08), 0.08)*40))) / 40
		}), "coarse-weights", "layer3.2.conv1", false},
		{"zero channels behind, trained half before", stripe14, func(p *patient) {
			c := p.model.Config
			c.Arch, c.Shortcut = "", resnet.ShortcutAEnd
			p.given.Twin, p.given.TwinName = p.model.Model, "A"
			p.model = build(c)
		}, "wrong-option-a", "layer2.0", true},
	}
}

func inputFaults() []fault {
	return []fault{
		{"0…255", stripe14, pixels(func(_ int, v float32) float32 { return (v*0.25 + 0.5) * 255 }), "input-bytes", "input", true},
		{"0…255, one channel", fashion, pixels(func(_ int, v float32) float32 { return (v*0.353 + 0.286) * 255 }), "input-bytes", "input", false},
		{"0…1", stripe14, pixels(func(_ int, v float32) float32 { return min(max(v*0.25+0.5, 0), 1) }), "input-unit", "input", true},
		{"BGR", stripe14, channels(2, 1, 0), "input-order", "input", true},
		{"divided by a third of the deviation", stripe14, pixels(func(_ int, v float32) float32 { return 3 * v }), "input-scale", "input", false},
		{"another mean", fashion, pixels(func(_ int, v float32) float32 { return v - 1.5 }), "input-scale", "input", false},
		{"normalised twice", stripe14, pixels(func(_ int, v float32) float32 { return (v - 0.5) / 0.25 }), "input-scale", "input", false},
		{"empty images", fashion, pixels(func(int, float32) float32 { return 0.3 }), "constant-image", "input", false},
		{"one empty image", stripe14, func(p *patient) { clear(p.given.Images.Data[:3*stripeSide*stripeSide]) }, "constant-image", "input", false},
		{"a channel lost", stripe14, pixels(func(c int, v float32) float32 {
			if c == 1 {
				return 0
			}
			return v
		}), "constant-channel", "input", false},
		{"grey", stripe14, channels(1, 1, 1), "grey-image", "input", false},
		{"one image again and again", fashion, func(p *patient) {
			t := p.given.Images
			for i := range t.Data {
				t.Data[i] = t.Data[i%(28*28)]
			}
		}, "repeated-image", "input", false},
		{"noise", stripe14, func(p *patient) { p.given.Images = nn.RandomInput(3, p.given.Images.Shape) }, "scrambled-image", "input", false},
		{"N×H×W×C", stripe14, func(p *patient) {
			old, t := copyOf(p.given.Images), p.given.Images
			plane := stripeSide * stripeSide
			for i := range t.Data {
				image, at, c := i/(3*plane), i%(3*plane)/3, i%3
				t.Data[i] = old.Data[(image*3+c)*plane+at]
			}
		}, "scrambled-image", "input", false},
		{"a NaN", fashion, func(p *patient) { p.given.Images.Data[1000] = float32(math.NaN()) }, "not-finite", "input", false},
		{"enlarged from half the size", stripe14, places(func(y, x, _, _ int) (int, int) { return y &^ 1, x &^ 1 }), "enlarged-image", "input", false},
		{"lower half lost", stripe14, func(p *patient) {
			plane := stripeSide * stripeSide
			for i := range p.given.Images.Data {
				if i%plane >= plane/2 {
					p.given.Images.Data[i] = 0
				}
			}
		}, "cut-image", "input", false},
		{"overexposed", stripe14, pixels(func(_ int, v float32) float32 { return min(v+0.6, 0.7) }), "overexposed-image", "input", false},
		{"negatives", stripe14, pixels(func(_ int, v float32) float32 { return -v }), "input-inverted", "input", false},
		{"one channel 5 times too large", stripe14, pixels(func(c int, v float32) float32 {
			if c == 0 {
				return 5 * v
			}
			return v
		}), "input-mismatch|input-scale", "input", false},
	}
}

func trainingFaults() []fault {
	return []fault{
		{"a rate of 30", fresh20, func(p *patient) { p.given.Rate = 30 }, "update-ratio", "settings", true},
		{"a rate of 1e-8", fresh20, func(p *patient) { p.given.Rate = 1e-8 }, "update-ratio", "settings", false},
		{"momentum 0.999", fresh20, func(p *patient) { p.given.Momentum = 0.999 }, "high-momentum", "settings", false},
		{"weight decay 0.5 at rate 0.1", fresh20, func(p *patient) { p.given.Rate, p.given.Decay = 0.1, 0.5 }, "strong-decay", "settings", false},
		{"norms over two values", small18, func(*patient) {}, "small-batch-norm", "layer4", true},
		{"one label for all", fashion, labelled(func(int, int) int { return 4 }), "one-label", "labels", false},
		{"labels that count from 1", fashion, labelled(func(_, label int) int { return (label + 1) % 10 }), "moved-labels", "labels", true},
		{"labels of other images", stripe14, func(p *patient) {
			l := slices.Clone(p.given.Labels)
			for i := range l {
				p.given.Labels[i] = l[(i*7+3)%len(l)]
			}
			p.given.Target = p.given.Labels
		}, "below-chance", "labels", false},
		{"the same image with two labels", fashion, func(p *patient) {
			copy(p.given.Images.Data[3*784:4*784], p.given.Images.Data[:784])
		}, "contradicting-labels", "labels", false},
		{"a frozen block", fresh20, lesioned("layer2.1=freeze"), "no-gradient", "layer2.1", false},
		{"a block without its branch", fresh20, lesioned("layer1.2=drop-branch"), "no-gradient", "layer1.2", false},
		{"a step in eval mode", fashion, func(p *patient) { p.mode = nn.Eval }, "fixed-statistics", "bn1", false},
		{"110 layers without skips", deep, func(*patient) {}, "changing-gradient", "layer1", false},
		{"weights drawn 3 times too small", unnormed, everyWeight(1.0 / 3), "vanishing-activations", "layer", false},
		{"weights drawn 5 times too large", unnormed, everyWeight(5), "exploding-activations", "layer", false},
		{"a classifier drawn 500 times too large", fresh20, set("fc.weight", times(500)), "initial-loss|odd-scale", "fc", false},
		{"a convolution that starts at one value", fresh20, set("layer1.0.conv1.weight", to(0.05)), "constant-weights", "layer1.0.conv1", false},
		{"logits so large that softmax is saturated", fashion, set("fc.weight", times(100)), "nothing-to-learn|odd-scale", "", false},
		{"statistics that training did not keep", fashion, func(p *patient) {
			for name := range p.weights {
				switch {
				case strings.HasSuffix(name, "running_mean"):
					set(name, to(0))(p)
				case strings.HasSuffix(name, "running_var"):
					set(name, to(1))(p)
				}
			}
		}, "initial-statistics", "", false},
		{"a convolution drawn so small that a step replaces it", fresh20, set("layer2.0.conv2.weight", times(1e-3)), "update-ratio|odd-scale", "layer2.0.conv2", false},
	}
}

// rank is the place of a fault among the findings, from 1; 0 if it isn't there.
func (f *fault) rank(found []diagnose.Finding) int {
	for i, x := range found {
		if slices.Contains(strings.Split(f.rules, "|"), x.Rule) && strings.HasPrefix(x.Path, f.path) {
			return i + 1
		}
	}
	return 0
}

// TestPlantedFaults: of 60 faults 57 are among the first three findings, by the right rule
// and at the right place.
func TestPlantedFaults(t *testing.T) {
	missed, all := 0, 0
	var table strings.Builder
	for i, group := range [][]fault{weightFaults(), inputFaults(), trainingFaults()} {
		fmt.Fprintf(&table, "\n%s\n", []string{"weights", "input", "training"}[i])
		for _, f := range group {
			if testing.Short() && !f.short {
				continue
			}
			p := f.in().clone()
			f.plant(p)
			found := diagnose.Diagnose(p.evidence(t))
			rank := f.rank(found)
			all++
			if rank == 0 || rank > 3 {
				missed++
				t.Logf("%s: not among the first three of %d findings", f.name, len(found))
				for _, x := range found {
					t.Logf("    %v %s at %s (%.3g): %s", x.Severity, x.Rule, x.Path, x.Strength, x.Message)
				}
				continue
			}
			x := found[rank-1]
			fmt.Fprintf(&table, "%d of %d  %-52s %v %s, %s: %s\n", rank, len(found), f.name, x.Severity, x.Rule, x.Path, x.Message)
		}
	}
	t.Log(table.String())
	if most := all / 20; missed > most {
		t.Errorf("%d of %d faults are not among the first three findings", missed, all)
	}
}
