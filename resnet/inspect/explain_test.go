package inspect_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// nets have every kind of block and skip, and none.
var nets = []resnet.Config{
	{Arch: "cifar_resnet14"},          // option A
	{Arch: "cifar_preact_resnet14_b"}, // pre-activation
	{Arch: "cifar_plain14"},
	{Arch: "cifar_resnet8", Shortcut: resnet.ShortcutD},
	{Arch: "cifar_preact_resnet11", Height: 24, Width: 24}, // bottleneck
}

// sample opens a net on the CPU, with two seeded images of which the second is looked at.
func sample(t testing.TB, c resnet.Config, change func(*nn.SessionOptions)) inspect.Sample {
	t.Helper()
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	c.Batch = 2
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	o := nn.SessionOptions{Seed: 3, Threads: 2, Fuse: true, Calibrate: true}
	if change != nil {
		change(&o)
	}
	s, err := nn.NewSession(context.Background(), d, m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x := nn.RandomInput(5, m.Input)
	if err := s.SetInput(x); err != nil {
		t.Fatal(err)
	}
	return inspect.Sample{Session: s, Batch: x, Index: 1}
}

// explained explains a class.
func explained(t testing.TB, s inspect.Sample, o inspect.Options, class int) *inspect.Explanation {
	t.Helper()
	e, err := inspect.NewExplainer(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return explainedBy(t, e, class)
}

// explainedBy explains a class and closes the explainer.
func explainedBy(t testing.TB, e *inspect.Explainer, class int) *inspect.Explanation {
	t.Helper()
	x, err := e.Explain(context.Background(), class)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return x
}

// at are the options of a Grad-CAM.
func at(t testing.TB, s inspect.Sample, path string) inspect.Options {
	t.Helper()
	p := inspect.LastBlock(s.Session.Model())
	if path != "" {
		var err error
		if p, err = inspect.Find(s.Session.Model(), path); err != nil {
			t.Fatal(err)
		}
	}
	return inspect.Options{Method: inspect.GradCAM, At: p}
}

// options are the usual ones of a method on a sample.
func options(s inspect.Sample, m inspect.Method) inspect.Options {
	return inspect.DefaultOptions(m, s.Batch.Shape[2], s.Batch.Shape[3])
}

// score is a class's logit for an image in the place of the sample's.
func score(t testing.TB, s inspect.Sample, image []float64, class int) float64 {
	t.Helper()
	x := &tensor.Tensor{Shape: s.Batch.Shape, Data: slices.Clone(s.Batch.Data)}
	for i, v := range image {
		x.Data[len(image)*s.Index+i] = float32(v)
	}
	if err := s.Session.SetInput(x); err != nil {
		t.Fatal(err)
	}
	if err := s.Session.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	logits, err := s.Session.Logits()
	if err != nil {
		t.Fatal(err)
	}
	return float64(logits.Data[s.Index*logits.Shape[1]+class])
}

// wide is an image in float64.
func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// off is ‖a − b‖ / ‖b‖.
func off(a, b []float32) float64 {
	var d, n float64
	for i := range b {
		d += math.Pow(float64(a[i])-float64(b[i]), 2)
		n += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(d / n)
}

// TestCAM: the parts of a Grad-CAM at every block add up to it; at the last block, where
// the weights come from the classifier, it is that of a backward pass.
func TestCAM(t *testing.T) {
	for _, c := range nets {
		s := sample(t, c, nil)
		for _, b := range s.Session.Model().Blocks() {
			o := at(t, s, b.Path)
			x := explained(t, s, o, 7)
			if hasParts := x.Skip != nil; hasParts != (b.Block.Skip != nn.NoSkip) || (x.Branch != nil) != hasParts {
				t.Fatalf("%s %s: skip %v, but parts %v", c.Arch, b.Path, b.Block.Skip, hasParts)
			}
			if x.SumError > 1e-5 || len(x.Map) != x.H*x.W {
				t.Errorf("%s %s: the parts are off by %g", c.Arch, b.Path, x.SumError)
			}
			if !inspect.HasLinearEnd(s, o.At) {
				continue
			}
			long, err := inspect.LongCAM(context.Background(), s, o.At)
			if err != nil {
				t.Fatal(err)
			}
			if want := explainedBy(t, long, 7); !(off(x.Map, want.Map) < 1e-5) || math.Abs(x.Score-want.Score) > 1e-5 {
				t.Errorf("%s %s: without a backward pass, the map is off by %g", c.Arch, b.Path, off(x.Map, want.Map))
			}
		}
		if o := at(t, s, ""); !inspect.HasLinearEnd(s, o.At) {
			t.Errorf("%s: %s has no linear end", c.Arch, o.At.Path)
		}
	}
}

// TestCAMIsGradient compares a Grad-CAM with the plan of the same pass in float64.
func TestCAMIsGradient(t *testing.T) {
	for _, c := range nets {
		s := sample(t, c, nil)
		blocks := s.Session.Model().Blocks()
		o := at(t, s, blocks[len(blocks)/2].Path)
		x := explained(t, s, o, 4)
		if want := reference(t, s, o.At, 4); !(off(x.Map, want) < 1e-4) {
			t.Errorf("%s %s: off by %g", c.Arch, o.At.Path, off(x.Map, want))
		}
	}
}

// reference is a Grad-CAM by plain loops in float64, from the session's own weights.
func reference(t *testing.T, s inspect.Sample, p inspect.Place, class int) []float32 {
	t.Helper()
	m := s.Session.Model()
	keep, gradient := nn.Probe{At: p.At(), What: nn.Keep}, nn.Probe{At: p.At(), What: nn.Gradient}
	last := m.Layers[len(m.Layers)-1]
	l, err := m.Lower(nn.Pass{Backward: &nn.Backward{From: last.At(), NoParams: true}, Probes: []nn.Probe{keep, gradient}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tensor.NewReference[float64](l.Plan, stateSource{s.Session.State()})
	if err != nil {
		t.Fatal(err)
	}
	seed := make([]float32, last.Out.Elems())
	seed[s.Index*last.Out[1]+class] = 1
	if err := r.Set(l.Input, s.Batch.Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Seed, seed); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	a, _ := l.Site(keep)
	g, _ := l.Site(gradient)
	per, channels := p.Layer.Out[2]*p.Layer.Out[3], p.Layer.Out[1]
	values, slopes := r.Buffer(a.Buffer)[s.Index*channels*per:], r.Buffer(g.Buffer)[s.Index*channels*per:]
	out := make([]float32, per)
	for i := range out {
		sum := 0.0
		for k := range channels {
			w := 0.0
			for _, v := range slopes[k*per:][:per] {
				w += v / float64(per)
			}
			sum += w * values[k*per+i]
		}
		out[i] = float32(sum)
	}
	return out
}

// stateSource reads parameters from a state.
type stateSource struct{ tensor.State }

func (s stateSource) Load(p tensor.Param, t *tensor.Tensor) error { return s.Read(p.Name, t) }

// TestFusedAgrees: fused or not, exact or not, an explanation is the same.
func TestFusedAgrees(t *testing.T) {
	for _, c := range nets[:2] {
		fused := sample(t, c, nil)
		plain := sample(t, c, func(o *nn.SessionOptions) { o.Fuse, o.Exact = false, true })
		for _, m := range inspect.Methods {
			o, p := options(fused, m), options(plain, m)
			o.At, p.At = inspect.LastBlock(fused.Session.Model()), inspect.LastBlock(plain.Session.Model())
			a, b := explained(t, fused, o, 3), explained(t, plain, p, 3)
			if !(off(a.Map, b.Map) < 5e-3) { // a ReLU near 0 may open in one of them alone
				t.Errorf("%s %s: the maps differ by %g", c.Arch, m, off(a.Map, b.Map))
			}
			for _, part := range [][2][]float32{{a.Skip, b.Skip}, {a.Branch, b.Branch}} {
				if len(part[1]) > 0 && !(off(part[0], part[1]) < 1e-3) {
					t.Errorf("%s %s: a part differs by %g", c.Arch, m, off(part[0], part[1]))
				}
			}
		}
	}
}

// TestGradientByDifferences compares the gradient with the score's change on a short way.
func TestGradientByDifferences(t *testing.T) {
	for _, c := range nets {
		for _, mode := range []nn.Mode{nn.Eval, nn.Train} {
			s := sample(t, c, func(o *nn.SessionOptions) { o.Mode, o.FreezeStats = mode, true })
			x := explained(t, s, options(s, inspect.Gradient), 2)
			if got := score(t, s, nil, 2); math.Abs(got-x.Score) > 1e-4 {
				t.Errorf("%s %v: the score is %g, not %g", c.Arch, mode, x.Score, got)
			}
			const step = 1e-3
			image, norm := wide(s.Image()), 0.0
			for _, v := range x.Attribution.Data {
				norm += float64(v) * float64(v)
			}
			up, down := slices.Clone(image), slices.Clone(image)
			for i, v := range x.Attribution.Data {
				up[i] += step * float64(v) / math.Sqrt(norm)
				down[i] -= step * float64(v) / math.Sqrt(norm)
			}
			slope := (score(t, s, up, 2) - score(t, s, down, 2)) / (2 * step)
			if want := math.Sqrt(norm); !(math.Abs(slope-want) < 0.03*want) {
				t.Errorf("%s %v: along the gradient the score rises by %g, its norm is %g", c.Arch, mode, slope, want)
			}
			most := slices.Max(x.Map)
			if i := slices.Index(x.Map, most); !slices.ContainsFunc([]int{0, 1, 2}, func(k int) bool {
				return float32(math.Abs(float64(x.Attribution.Data[k*len(x.Map)+i]))) == most
			}) {
				t.Errorf("%s: the map's largest value is no channel's magnitude", c.Arch)
			}
		}
	}
}

// TestInputGradient: the product with the image, summed over the channels.
func TestInputGradient(t *testing.T) {
	s := sample(t, nets[0], nil)
	g, x := explained(t, s, options(s, inspect.Gradient), 1), explained(t, s, options(s, inspect.InputGradient), 1)
	for i := range x.Map {
		sum := 0.0
		for c := range 3 {
			at := c*len(x.Map) + i
			sum += float64(g.Attribution.Data[at] * s.Image()[at])
		}
		if math.Abs(sum-float64(x.Map[i])) > 1e-6 {
			t.Fatalf("pixel %d: %g, want %g", i, x.Map[i], sum)
		}
	}
}

// TestIntegrated: the attributions sum to the difference that the image makes, the better
// the more steps there are.
func TestIntegrated(t *testing.T) {
	for _, c := range nets {
		s := sample(t, c, nil)
		o := options(s, inspect.Integrated)
		o.Steps = 2
		coarse := explained(t, s, o, 5)
		o.Steps = 100
		fine := explained(t, s, o, 5)
		difference := score(t, s, nil, 5) - score(t, s, make([]float64, len(s.Image())), 5)
		sum := 0.0
		for _, v := range fine.Map {
			sum += float64(v)
		}
		if want := (sum - difference) / math.Abs(difference); math.Abs(fine.Completeness-want) > 1e-3 {
			t.Errorf("%s: completeness is %g, not %g", c.Arch, fine.Completeness, want)
		}
		if !(math.Abs(fine.Completeness) < math.Abs(coarse.Completeness)/5) {
			t.Errorf("%s: 100 steps miss by %g, 2 by %g", c.Arch, fine.Completeness, coarse.Completeness)
		}
	}
}

// TestOcclusion compares single patches with passes of their own, at the edges too.
func TestOcclusion(t *testing.T) {
	s := sample(t, nets[0], nil)
	o := options(s, inspect.Occlusion)
	if o.Patch != 5 || o.Stride != 2 {
		t.Errorf("at 32 the patch is %d every %d", o.Patch, o.Stride)
	}
	o.Patch, o.Stride = 10, 7
	x := explained(t, s, o, 6)
	if x.H != 5 || x.W != 5 || len(x.Map) != 25 {
		t.Fatalf("a map of %d×%d", x.H, x.W)
	}
	whole := score(t, s, nil, 6)
	for _, at := range [][2]int{{0, 0}, {1, 3}, {4, 4}, {2, 4}} {
		image := wide(s.Image())
		for i := range image {
			y, x := i%1024/32, i%32
			if y >= at[0]*7 && y < at[0]*7+10 && x >= at[1]*7 && x < at[1]*7+10 {
				image[i] = 0
			}
		}
		want := whole - score(t, s, image, 6)
		if got := float64(x.Map[at[0]*5+at[1]]); math.Abs(got-want) > 1e-4 || want == 0 {
			t.Errorf("patch %v: %g, want %g", at, got, want)
		}
	}
}

// TestOccluder: what is occluded changes the logits and the outputs, and nothing else does.
func TestOccluder(t *testing.T) {
	s := sample(t, nets[0], nil)
	m := s.Session.Model()
	var watch []*nn.Layer
	for _, b := range m.Blocks() {
		watch = append(watch, m.Layers[b.To])
	}
	ctx := context.Background()
	o, err := inspect.NewOccluder(ctx, s, watch)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, boxes := range [][]inspect.Box{nil, {{Top: -3, Left: 20, Bottom: 9, Right: 99}, {Top: 16, Left: 16, Bottom: 17, Right: 17}}, nil} {
		logits, err := o.Occlude(ctx, boxes...)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := o.Changes()
		if err != nil || len(changes) != len(watch) {
			t.Fatalf("%d changes of %d outputs, %v", len(changes), len(watch), err)
		}
		image := wide(s.Image())
		for i := range image {
			if y, x := i%1024/32, i%32; len(boxes) > 0 && (y < 9 && x >= 20 || y == 16 && x == 16) {
				image[i] = 0
			}
		}
		if want := score(t, s, image, 2); math.Abs(float64(logits[2])-want) > 1e-4 {
			t.Errorf("%v: logit %g, want %g", boxes, logits[2], want)
		}
		for i, c := range changes {
			if (c != 0) != (boxes != nil) {
				t.Errorf("%v: %s changed by %g", boxes, watch[i].Path, c)
			}
		}
	}
	if _, err := o.Occlude(ctx, inspect.Box{Top: 40, Left: 40, Bottom: 50, Right: 50}); err != nil {
		t.Errorf("a box beyond the image: %v", err)
	}
}

// TestExplainLesions: parts follow what lesions have left of a block.
func TestExplainLesions(t *testing.T) {
	for lesion, parts := range map[string]bool{"layer2.1=cut-skip": false, "layer2.1=drop-branch": true, "layer2.1=scale:0.5": true} {
		l, err := nn.ParseLesion(lesion)
		if err != nil {
			t.Fatal(err)
		}
		s := lesioned(t, l)
		x := explained(t, s, at(t, s, "layer2.1"), 0)
		if (x.Skip != nil) != parts || x.SumError > 1e-5 {
			t.Errorf("%s: parts %v, off by %g", lesion, x.Skip != nil, x.SumError)
		}
		if strings.HasSuffix(lesion, "drop-branch") && !slices.Equal(x.Skip, x.Map) {
			t.Errorf("%s: the skip is not the whole", lesion)
		}
	}
}

// lesioned is a small net with a lesion.
func lesioned(t *testing.T, l nn.Lesion) inspect.Sample {
	t.Helper()
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet14", Batch: 1}, l)
	if err != nil {
		t.Fatal(err)
	}
	s, err := nn.NewSession(context.Background(), d, m.Model, nn.SessionOptions{Fuse: true, Calibrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return inspect.Sample{Session: s, Batch: nn.RandomInput(5, m.Input)}
}

// TestExplainErrors: what can't be explained is refused in one sentence.
func TestExplainErrors(t *testing.T) {
	s := sample(t, nets[0], nil)
	change := func(m inspect.Method, f func(*inspect.Options)) inspect.Options {
		o := options(s, m)
		o.At = inspect.LastBlock(s.Session.Model())
		f(&o)
		return o
	}
	fc := at(t, s, "fc").At
	for want, o := range map[string]inspect.Options{
		"no method \"lime\"":       change("lime", func(*inspect.Options) {}),
		"no rows and columns":      change(inspect.GradCAM, func(o *inspect.Options) { o.At = fc }),
		"0 steps":                  change(inspect.Integrated, func(o *inspect.Options) { o.Steps = 0 }),
		"patch of 33: it must be ": change(inspect.Occlusion, func(o *inspect.Options) { o.Patch = 33 }),
		"stride of 0":              change(inspect.Occlusion, func(o *inspect.Options) { o.Stride = 0 }),
	} {
		if _, err := inspect.NewExplainer(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o.Method, err, want)
		}
	}
	e, err := inspect.NewExplainer(context.Background(), s, options(s, inspect.Gradient))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Explain(context.Background(), 10); err == nil || !strings.Contains(err.Error(), "no class 10") {
		t.Errorf("class 10 of 10: %v", err)
	}
	s.Index = 2
	if _, err := inspect.NewExplainer(context.Background(), s, options(s, inspect.Gradient)); err == nil {
		t.Error("image 2 of 2 was taken")
	}
}
