package resnet

import (
	"fmt"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

// identified builds a net and identifies it by its parameters.
func identified(t *testing.T, c Config) (Config, bool) {
	t.Helper()
	return Identify(mustBuild(t, c).Params)
}

// TestIdentify: a net is found by its parameters' names and shapes, or one of those that
// Alike names beside it.
func TestIdentify(t *testing.T) {
	configs := []Config{
		{Depth: 34, Shortcut: ShortcutA}, {Depth: 18, Shortcut: ShortcutC}, {Depth: 50, Shortcut: ShortcutC},
		{Depth: 50, Norm: NormNone}, {Depth: 50, Variant: V1}, {Depth: 152, Groups: 4, WidthPerGroup: 24},
		{Depth: 50, Variant: V2, Groups: 32, WidthPerGroup: 4}, {Depth: 18, Classes: 10, Channels: 1},
		{Depth: 50, Stem: StemDeep, Shortcut: ShortcutD, Channels: 1}, {Depth: 18, Stem: StemDeep, Norm: NormNone},
		{Depth: 34, Shortcut: ShortcutD, Variant: V2}, {Depth: 26, Stem: Stem3x3, Shortcut: ShortcutD, Norm: NormNone},
		{Depth: 18, Stem: Stem3x3, Classes: 10}, {Depth: 50, Stem: Stem3x3, Variant: V2}, {Depth: 26}, {Depth: 200, Variant: V2},
		{Blocks: Blocks{1, 2, 3, 1}, Block: Basic}, {Blocks: Blocks{2, 1, 1, 2}}, {Family: CIFAR, Blocks: Blocks{1, 2, 3}},
		{Family: CIFAR, Depth: 20, Shortcut: ShortcutAEnd}, {Depth: 34, Shortcut: ShortcutAEnd, Stem: Stem3x3},
		{Family: CIFAR, Depth: 29, Block: Bottleneck, Classes: 100}, {Family: CIFAR, Depth: 164, Variant: V2},
		{Family: CIFAR, Depth: 110, Block: Bottleneck, Variant: V2}, {Family: CIFAR, Depth: 8, Shortcut: ShortcutC},
		{Family: CIFAR, Depth: 20, Shortcut: ShortcutB, Norm: NormNone, Channels: 1}, {Family: VGG, Depth: 11, Classes: 7},
	}
	for _, name := range Archs() {
		configs = append(configs, Config{Arch: name})
	}
	for _, c := range configs {
		if c.Block == Bottleneck && c.Depth%9 != 2 {
			c.Block = BlockDefault
		}
		want, err := c.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := identified(t, c)
		if !ok || got.Classes != want.Classes || got.Channels != want.Channels || got.Batch+got.Height+got.Width != 0 {
			t.Errorf("%s: %+v, %v", want.Arch, got, ok)
			continue
		}
		if got.Arch != want.Arch && !slices.Contains(alikeNames(t, got), want.Arch) {
			t.Errorf("%s was taken for %s, alike %v", want.Arch, got.Arch, alikeNames(t, got))
		}
	}
}

// alikeNames are the names of a net with each of the choices that Alike lists, and with
// all of them.
func alikeNames(t *testing.T, c Config) (names []string) {
	all := Config{}
	for _, choice := range c.Alike() {
		var one Config
		for _, to := range []*Config{&one, &all} {
			switch choice.Field {
			case "variant":
				if err := to.Variant.Set(choice.Value); err != nil {
					t.Fatal(err)
				}
			case "plain":
				to.Plain = true
			case "shortcut":
				to.Shortcut = ShortcutAEnd
			default:
				t.Fatalf("choice %v", choice)
			}
		}
		names = append(names, resolvedName(t, one.Over(c)))
	}
	return append(names, resolvedName(t, all.Over(c)))
}

func resolvedName(t *testing.T, c Config) string {
	t.Helper()
	c, err := c.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return c.Arch
}

// TestIdentifyPart: a missing classifier leaves the classes open, more tensors don't
// matter, and a net that lacks anything else is none.
func TestIdentifyPart(t *testing.T) {
	params := mustBuild(t, Config{Arch: "resnet18", Classes: 7}).Params
	isHead := func(p tensor.Param) bool { return p.Name == "fc.weight" || p.Name == "fc.bias" }
	headless := slices.DeleteFunc(slices.Clone(params), isHead)
	if c, ok := Identify(append(headless, tensor.Param{Name: "projector.0.weight", Shape: tensor.Shape{9, 9}})); !ok ||
		c.Arch != "resnet18" || c.Classes != 0 {
		t.Errorf("without a classifier: %+v, %v", c, ok)
	}
	for i, p := range params {
		if isHead(p) {
			continue
		}
		if c, ok := Identify(slices.Delete(slices.Clone(params), i, i+1)); ok {
			t.Errorf("without %s: %s", p.Name, c.Arch)
		}
		changed := slices.Clone(params)
		changed[i].Shape = append(tensor.Shape{5}, p.Shape[1:]...)
		if c, ok := Identify(changed); ok && p.Name != "conv1.weight" {
			t.Errorf("with another %s: %s", p.Name, c.Arch)
		}
	}
	for i := range 5 {
		var odd []tensor.Param
		for _, p := range params {
			odd = append(odd, tensor.Param{Name: p.Name, Shape: p.Shape[:min(i, len(p.Shape))]})
		}
		if c, ok := Identify(odd); ok != (i == 4) {
			t.Errorf("with %d dimensions: %s", i, c.Arch)
		}
	}
	if c, ok := Identify(nil); ok {
		t.Error(c.Arch)
	}
}

func ExampleIdentify() {
	m, err := Build(Config{Family: CIFAR, Depth: 56, Classes: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, ok := Identify(m.Params)
	fmt.Println(c.Arch, c.Classes, ok, c.Alike())
	// Output: cifar_resnet56 100 true [{shortcut A-end} {plain }]
}
