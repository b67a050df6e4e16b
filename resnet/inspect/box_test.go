package inspect_test

import (
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
)

func TestField(t *testing.T) {
	for _, tt := range []struct {
		net  resnet.Config
		at   string
		y, x int
		want inspect.Box
	}{
		{resnet.Config{Depth: 18}, "conv1", 0, 1, inspect.Box{Top: -3, Left: -1, Bottom: 4, Right: 6}},
		{resnet.Config{Depth: 18}, "maxpool", 0, 0, inspect.Box{Top: -5, Left: -5, Bottom: 6, Right: 6}},
		// The published 435 pixels of a ResNet-18's last block (Araujo, Norris and Sim 2019).
		{resnet.Config{Depth: 18}, "layer4.1", 0, 0, inspect.Box{Top: -217, Left: -217, Bottom: 218, Right: 218}},
		{resnet.Config{Depth: 18}, "layer4.1", 3, 6, inspect.Box{Top: -121, Left: -25, Bottom: 314, Right: 410}},
		{resnet.Config{Depth: 18}, "avgpool", 0, 0, inspect.Box{Top: -217, Left: -217, Bottom: 410, Right: 410}},
		{resnet.Config{Depth: 18}, "fc", 0, 0, inspect.Box{Top: -217, Left: -217, Bottom: 410, Right: 410}},
		{resnet.Config{Arch: "cifar_resnet8"}, "layer2.0.pad", 2, 3, inspect.Box{Top: 1, Left: 3, Bottom: 8, Right: 10}},
	} {
		m, err := resnet.Build(tt.net)
		if err != nil {
			t.Fatal(err)
		}
		p, err := inspect.Find(m.Model, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := inspect.Field(m.Model, p.Layer, tt.y, tt.x); got != tt.want {
			t.Errorf("%s %s (%d, %d): %+v, want %+v", m.Name, tt.at, tt.y, tt.x, got, tt.want)
		}
	}
}

// TestFieldSize: where the field is the same for all units but for its place, it is as
// large as the layer says.
func TestFieldSize(t *testing.T) {
	for _, arch := range []string{"resnet50", "resnet50d", "cifar_resnet20", "resnet50v2", "plain34"} {
		m, err := resnet.Build(resnet.Config{Arch: arch})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range m.Layers {
			if len(l.Out) < 4 || l.Out[2] == 1 {
				continue
			}
			box, next := inspect.Field(m.Model, l, 1, 2), inspect.Field(m.Model, l, 2, 2)
			if h, w := box.Bottom-box.Top, box.Right-box.Left; h != l.RF || w != l.RF || next.Top-box.Top != l.Jump {
				t.Errorf("%s %s: %+v, then %+v, want %d pixels and steps of %d", arch, l.Path, box, next, l.RF, l.Jump)
			}
		}
	}
}
