package nn_test

import (
	"reflect"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// TestWithBatch: a net for another batch is the net that is built for it.
func TestWithBatch(t *testing.T) {
	for _, arch := range []string{"resnet18", "cifar_preact_resnet20", "vgg11_bn", "resnet50v2"} {
		for _, list := range [][]string{nil, {"layer1.1=drop-branch", "layer2.0=cut-skip"}} {
			if arch == "vgg11_bn" && list != nil {
				continue // it has no blocks
			}
			c := resnet.Config{Arch: arch, Batch: 2}
			two := lesioned(t, c, lesions(t, list...)...)
			c.Batch = 5
			want := lesioned(t, c, lesions(t, list...)...)
			got, err := two.WithBatch(5)
			if err != nil {
				t.Fatal(err)
			}
			sameModel(t, got, want)
			if two.Batch() != 2 || two.Layers[0].Out[0] != 2 {
				t.Errorf("%s: the original has changed", arch)
			}
			if list != nil {
				sameModel(t, got.Unlesioned(), want.Unlesioned())
			}
		}
	}
	if _, err := build(t, resnet.Config{Arch: "cifar_resnet8"}).WithBatch(0); err == nil {
		t.Error("a batch of 0 is no error")
	}
	if _, err := build(t, resnet.Config{Arch: "resnet18"}).WithBatch(1 << 30); err == nil {
		t.Error("a batch that no tensor can hold is no error")
	}
}

func sameModel(t *testing.T, got, want *nn.Model) {
	t.Helper()
	if got.Total != want.Total || !got.Input.Equal(want.Input) || len(got.Layers) != len(want.Layers) {
		t.Fatalf("%s: %+v of %v, want %+v of %v", want.Name, got.Total, got.Input, want.Total, want.Input)
	}
	for i, l := range got.Layers {
		o := want.Layers[i]
		if !l.In.Equal(o.In) || !l.Out.Equal(o.Out) || l.Cost != o.Cost || l.Module != got.Find(l.Path) {
			t.Errorf("%s: %s is %v of %v with %+v, want %v of %v with %+v",
				want.Name, l.Path, l.Out, l.In, l.Cost, o.Out, o.In, o.Cost)
		}
	}
	var modules, wanted []string
	got.Walk(func(m *nn.Module) { modules = append(modules, m.Path+m.In.String()+m.Out.String()) })
	want.Walk(func(m *nn.Module) { wanted = append(wanted, m.Path+m.In.String()+m.Out.String()) })
	if !reflect.DeepEqual(modules, wanted) {
		t.Errorf("%s: other modules", want.Name)
	}
}
