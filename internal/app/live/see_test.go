package live

import (
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// looker is an engine of a small net that really computes, for two images.
func looker(t *testing.T) (*Engine, *app.Bench) {
	t.Helper()
	b := openBench(t, app.Spec{
		Net: resnet.Config{Arch: "cifar_resnet8", Batch: 2, Height: 16, Width: 16}, Run: app.Run{Threads: 1},
	})
	return start(t, Of(b, "")), b
}

// cam is a sight of Grad-CAM for the likeliest class.
func cam(at string) Sight { return Sight{At: at, Method: inspect.GradCAM, Class: Likeliest} }

// seen sends a sight, and returns what answers it.
func seen(t *testing.T, e *Engine, to Sight) *Seen {
	t.Helper()
	e.Send(See{to})
	s := await(t, e, to.At, func(s *State) bool { return s.Seen != nil && s.Seen.At == to.At && s.Seen.Method == to.Method })
	if s.Seen.Err != nil && to.At != "fc" {
		t.Fatal(s.Seen.Err)
	}
	return s.Seen
}

// keptOf is what a layer puts out for an image, in a session of its own.
func keptOf(t *testing.T, b *app.Bench, layer nn.At, input *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	c := b.Model().Config
	c.Batch = 1
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	o := b.SessionOptions()
	o.Pass = nn.Pass{Probes: []nn.Probe{{At: layer, What: nn.Keep}}}
	s, err := nn.NewSession(context.Background(), b.Device(), m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	image := &tensor.Tensor{Shape: append(tensor.Shape{1}, input.Shape...), Data: input.Data}
	if err := s.SetInput(image); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Kept(layer)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestSeeMaps: what is seen of the first image is what a pass over it keeps, at a layer
// that fusion absorbs too.
func TestSeeMaps(t *testing.T) {
	e, b := looker(t)
	for _, place := range []string{"layer2.0.conv1", "layer3.0", "fc"} {
		s := seen(t, e, cam(place))
		want := keptOf(t, b, s.Place.At(), s.Input)
		if !slices.Equal(s.Maps.Values.Data, want.Data) {
			t.Errorf("%s: the maps differ from those of a pass", place)
		}
		if !slices.Equal(s.Input.Data, nn.RandomInput(b.SessionOptions().Seed, b.Model().Input).Data[:len(s.Input.Data)]) {
			t.Errorf("%s: the input is not the batch's first image", place)
		}
		if len(s.Classes) != 10 || s.Class != s.Classes[0].Class {
			t.Errorf("%s: class %d of %v", place, s.Class, s.Classes)
		}
	}
}

func TestNewMaps(t *testing.T) {
	nan := float32(math.NaN())
	m := newMaps(&tensor.Tensor{Shape: tensor.Shape{1, 4, 1, 2}, Data: []float32{-1, -2, nan, nan, 0, 0, 3, nan}})
	if !slices.Equal(m.Order, []int{3, 2, 0, 1}) || !slices.Equal(m.Dead, []bool{false, false, true, false}) || !m.Signed {
		t.Errorf("order %v, dead %v", m.Order, m.Dead)
	}
	if m.Largest[0] != -1 || m.Largest[3] != 3 {
		t.Errorf("largest %v", m.Largest)
	}
	if v := newMaps(tensor.New(1, 5)).Values.Shape; !v.Equal(tensor.Shape{5, 1, 1}) {
		t.Errorf("a vector has maps of %v", v)
	}
}

// TestSeeFollowsTheNet: another net is seen without being asked again, and nothing after
// the end.
func TestSeeFollowsTheNet(t *testing.T) {
	e, _ := looker(t)
	was := seen(t, e, cam("layer3.0"))
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer2.0", Kind: nn.DropBranch}}})
	now := await(t, e, "the lesioned net", func(s *State) bool {
		return len(s.Actual.Lesions) == 1 && s.Seen != nil && s.Seen != was
	}).Seen
	if slices.Equal(was.Maps.Values.Data, now.Maps.Values.Data) {
		t.Error("a dropped branch changes nothing")
	}
	e.Send(See{})
	await(t, e, "nothing", func(s *State) bool { return s.Seen == nil })
	e.Close()
	if r := e.State(); r.Phase == Failed {
		t.Error(r.Err)
	}
}

// TestOcclude: what is covered changes what comes after it, and the more the more.
func TestOcclude(t *testing.T) {
	e, _ := looker(t)
	s := seen(t, e, cam("layer3.0"))
	cover := func(r image.Rectangle) *Occlusion {
		e.Send(Occlude{r})
		return await(t, e, "an occlusion", func(s *State) bool { return s.Occlusion != nil && s.Occlusion.Compared == r }).Occlusion
	}
	corner, all := cover(image.Rect(-4, -4, 3, 3)), cover(image.Rect(0, 0, 16, 16))
	if len(corner.Changes) == 0 || len(corner.Changes) != len(all.Changes) {
		t.Fatalf("%d and %d changes", len(corner.Changes), len(all.Changes))
	}
	for layer, change := range all.Changes {
		if layer == 0 && !(corner.Changes[0] > 0 && corner.Changes[0] < change) {
			t.Errorf("the first layer changes by %v and %v", corner.Changes[0], change)
		}
	}
	e.Send(Occlude{image.Rect(20, 20, 30, 30)})
	outside := await(t, e, "a patch outside", func(s *State) bool { return s.Occlusion.Compared.Min.X == 20 }).Occlusion
	for layer, change := range outside.Changes {
		if change != 0 {
			t.Errorf("a patch outside the image changes layer %d by %v", layer, change)
		}
	}
	if p := outside.Classes[s.Classes[0].Class]; p != s.Classes[0].Probability {
		t.Errorf("a patch outside the image makes %v of %v", p, s.Classes[0].Probability)
	}
	e.Send(Occlude{})
	await(t, e, "the whole image", func(s *State) bool { return s.Occlusion == nil })
}

// TestOccludeTheLast: of many patches that come at once, few are run, and the last is.
func TestOccludeTheLast(t *testing.T) {
	d := fake(slow(100 * time.Microsecond))
	e := startPaused(t, d)
	e.Send(See{cam("layer1.0")})
	await(t, e, "a sight", func(s *State) bool { return s.Seen != nil })
	before := d.Ran()
	for i := range 100 {
		e.Send(Occlude{image.Rect(i, 0, i+8, 8)})
	}
	s := await(t, e, "the last patch", func(s *State) bool { return s.Occlusion != nil && s.Occlusion.Compared.Min.X == 99 })
	if passes := (d.Ran() - before) / int64(len(s.Program.Kernels)); passes > 50 {
		t.Errorf("%d passes for 100 patches", passes)
	}
}

// TestSeeNothing: what can't be seen is said, and the net runs on.
func TestSeeNothing(t *testing.T) {
	for name, c := range map[string]struct {
		limit    int64
		at, want string
	}{
		"place":  {0, "layer9", `no layer or block "layer9"`},
		"memory": {150 << 20, "layer1.0", "looking inside takes"},
	} {
		o := small(t, fake(nil))
		o.MemoryLimit = c.limit
		e := start(t, o)
		e.Send(See{cam(c.at)})
		s := await(t, e, name, func(s *State) bool { return s.Seen != nil })
		if s.Seen.Err == nil || !strings.Contains(s.Seen.Err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, s.Seen.Err, c.want)
		}
		n := s.Program.Recorder.Passes()
		await(t, e, "more passes", ran(int(n)+2))
	}
}

// TestSeeWhy: the explanation is inspect's, and stays what it was where nothing that it
// depends on has changed.
func TestSeeWhy(t *testing.T) {
	e, _ := looker(t)
	last := seen(t, e, cam("layer3.0"))
	if x := last.Why; x == nil || x.Class != last.Class || len(x.Map) != 4*4 || len(x.Skip) != 4*4 || x.SumError > 1e-5 {
		t.Fatalf("the last block is explained by %+v", x)
	}
	if s := seen(t, e, cam("fc")); s.Err == nil || s.Maps == nil || s.Why != nil {
		t.Errorf("a vector has the map %+v, and the error %v", s.Why, s.Err)
	}
	gradient := seen(t, e, Sight{At: "layer1.0", Method: inspect.Gradient, Class: 3})
	if x := gradient.Why; x.Class != 3 || len(x.Map) != 16*16 {
		t.Errorf("the gradient is of class %d, %d values", x.Class, len(x.Map))
	}
	if again := seen(t, e, Sight{At: "conv1", Method: inspect.Gradient, Class: 3}); again.Why != gradient.Why {
		t.Error("the gradient by the image was computed again for another place")
	}
}
