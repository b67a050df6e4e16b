package app

import (
	"slices"
	"testing"

	"resnet-tui/resnet"
)

func TestCompareTwin(t *testing.T) {
	c, err := service(t).Compare(t.Context(), tiny("cifar_resnet8"), CompareOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if c.A.Model.Arch != "cifar_resnet8" || c.B.Model.Arch != "cifar_plain8" || len(c.Blocks) != 3 || !slices.Equal(c.A.Labels, c.B.Labels) {
		t.Errorf("%s and %s, %d blocks, labels %v and %v", c.A.Model.Arch, c.B.Model.Arch, len(c.Blocks), c.A.Labels, c.B.Labels)
	}
}

// The other net begins as the first without lesions, or as what another name says;
// it sees the same images.
func TestCompareWith(t *testing.T) {
	a := Spec{Net: resnet.Config{Arch: "cifar_resnet14"}, Input: Input{Data: Data{Name: "synthetic:64"}}, Run: Run{Threads: 1}}
	a.Lesions, a.Net.Batch = []string{"layer1.0=drop-branch"}, 2
	b, err := Variation(a, Spec{Net: resnet.Config{Depth: 8}})
	if err != nil {
		t.Fatal(err)
	}
	b.Net.Depth = 8
	c, err := service(t).Compare(t.Context(), a, CompareOptions{With: &b}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if c.B.Model.Arch != "cifar_resnet8" || c.B.Model.Lesions != nil || c.A.Model.Lesions == nil || c.B.Input.Source != "the first 2 of synthetic:64" {
		t.Errorf("%+v on %+v", c.B.Model, c.B.Input)
	}
	if b, err = Variation(a, Spec{Net: resnet.Config{Arch: "vgg11"}}); err != nil || b.Net != (resnet.Config{}) {
		t.Errorf("a net by name begins as %+v (%v)", b.Net, err)
	}
	wide := a
	wide.Net.Height, wide.Net.Width = 8, 8
	wide.Input = Input{}
	_, err = service(t).Compare(t.Context(), wide, CompareOptions{With: &Spec{Net: resnet.Config{Arch: "cifar_resnet8", Height: 16, Width: 16}}}, Listener{})
	refusedFor(t, err, "must take the same images")
	_, err = service(t).Compare(t.Context(), Spec{Net: resnet.Config{Arch: "vgg11"}}, CompareOptions{}, Listener{})
	refusedFor(t, err, "no plain twin")
	_, err = service(t).Compare(t.Context(), Spec{Weights: netFile(t, resnet.Config{Arch: "cifar_resnet8"})}, CompareOptions{}, Listener{})
	refusedFor(t, err, "some of its own")
}
