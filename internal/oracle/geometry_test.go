package oracle_test

import (
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
)

// geometry is what determines which operations a net has, apart from its depth.
type geometry struct {
	block           resnet.BlockKind
	variant         resnet.Variant // V15 with basic blocks, where V1 is the same net
	shortcut        resnet.Shortcut
	plain, normless bool
	keras, grouped  bool
	vgg             bool
}

func geometryOf(t *testing.T, arch string) geometry {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err == nil {
		c, err = c.Resolve()
	}
	if err != nil {
		t.Fatal(err)
	}
	g := geometry{
		block: c.Block, variant: c.Variant, shortcut: c.Shortcut, plain: c.Plain, normless: c.Norm == resnet.NormNone,
		keras: c.Keras, grouped: c.Groups > 1, vgg: c.Family == resnet.VGG,
	}
	if g.plain {
		g.shortcut = resnet.ShortcutDefault
	}
	if g.block == resnet.Basic && g.variant == resnet.V1 {
		g.variant = resnet.V15
	}
	return g
}

// TestEveryGeometryHasGradients: there are goldens of gradients for every combination of
// block, variant, shortcut and normalisation, for Keras's nets, groups and VGG, and for
// every net that has a golden of its forward pass.
func TestEveryGeometryHasGradients(t *testing.T) {
	names, err := oracle.GradientNames()
	if err != nil {
		t.Fatal(err)
	}
	archs, have := map[string]bool{}, map[geometry]bool{}
	for _, name := range names {
		g, err := oracle.LoadGradients(name)
		if err != nil {
			t.Fatal(err)
		}
		archs[g.Arch] = true
		have[geometryOf(t, g.Arch)] = true
	}
	for _, g := range combinations() {
		if !have[g] {
			t.Errorf("no golden has %+v", g)
		}
	}
	for _, arch := range resnet.Archs() {
		if g := geometryOf(t, arch); !have[g] {
			t.Errorf("no golden is like %s: %+v", arch, g)
		}
	}
	forward, err := oracle.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range forward {
		if g, err := oracle.Load(name); err != nil || !archs[g.Arch] {
			t.Errorf("%s has a golden of its forward pass, but none of its gradients (%v)", name, err)
		}
	}
}

// combinations returns all combinations of block, variant, shortcut and normalisation.
func combinations() (all []geometry) {
	for _, g := range []geometry{
		{block: resnet.Basic, variant: resnet.V15}, {block: resnet.Basic, variant: resnet.V2},
		{block: resnet.Bottleneck, variant: resnet.V1}, {block: resnet.Bottleneck, variant: resnet.V15},
		{block: resnet.Bottleneck, variant: resnet.V2},
	} {
		for _, g.normless = range []bool{false, true} {
			for _, g.shortcut = range []resnet.Shortcut{
				resnet.ShortcutDefault, resnet.ShortcutA, resnet.ShortcutAEnd, resnet.ShortcutB, resnet.ShortcutC,
				resnet.ShortcutD,
			} {
				g.plain = g.shortcut == resnet.ShortcutDefault
				all = append(all, g)
			}
		}
	}
	for _, g := range []geometry{
		{variant: resnet.V1}, {variant: resnet.V15}, {variant: resnet.V2}, {variant: resnet.V15, normless: true},
		{variant: resnet.V15, shortcut: resnet.ShortcutA}, {variant: resnet.V15, shortcut: resnet.ShortcutC},
		{variant: resnet.V15, shortcut: resnet.ShortcutD}, {variant: resnet.V15, plain: true},
	} {
		g.block, g.grouped = resnet.Bottleneck, true
		if g.shortcut == resnet.ShortcutDefault && !g.plain {
			g.shortcut = resnet.ShortcutB
		}
		all = append(all, g)
	}
	return all
}
