package resnet

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
)

// TestArchsRoundTrip: every listed name is canonical, and builds.
func TestArchsRoundTrip(t *testing.T) {
	for _, name := range Archs() {
		m := mustBuild(t, Config{Arch: name})
		if m.Name != name {
			t.Errorf("%s is called %s", name, m.Name)
		}
	}
}

// TestNames: a Config's name is read back as the same Config.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		config Config
		name   string
	}{
		{Config{}, "resnet50"},
		{Config{Depth: 101, Variant: V1}, "resnet101_v1"},
		{Config{Depth: 18, Variant: V2, Plain: true}, "preact_plain18"},
		{Config{Depth: 34, Shortcut: ShortcutA}, "resnet34_a"},
		{Config{Depth: 34, Shortcut: ShortcutB}, "resnet34"},
		{Config{Depth: 34, Shortcut: ShortcutAEnd}, "resnet34_a_end"},
		{Config{Family: CIFAR, Depth: 20, Shortcut: ShortcutAEnd}, "cifar_resnet20_a_end"},
		{Config{Depth: 18, Stem: Stem3x3}, "resnet18_3x3"},
		{Config{Depth: 50, Stem: StemDeep, Shortcut: ShortcutD}, "resnet50d"},
		{Config{Depth: 50, Stem: StemDeep}, "resnet50c"},
		{Config{Depth: 50, Stem: StemDeep, Shortcut: ShortcutC, Variant: V1}, "resnet50c_v1_c"},
		{Config{Depth: 50, Shortcut: ShortcutD}, "resnet50_d"},
		{Config{Depth: 50, Stem: Stem3x3, Shortcut: ShortcutD, Variant: V2}, "preact_resnet50_3x3_d"},
		{Config{Stem: StemDeep, Shortcut: ShortcutD, Groups: 32, WidthPerGroup: 4}, "resnext50d_32x4d"},
		{Config{Stem: StemDeep, Shortcut: ShortcutD, WidthPerGroup: 128}, "wide_resnet50d_2"},
		{Config{Stem: StemDeep, Plain: true}, "plain50c"},
		{Config{Stem: StemDeep, Shortcut: ShortcutD, Blocks: Blocks{1, 2, 3, 4}}, "resnet32d_1x2x3x4"},
		{Config{Family: CIFAR, Depth: 20, Shortcut: ShortcutD}, "cifar_resnet20_d"},
		{Config{Depth: 18, Stem: Stem3x3, Shortcut: ShortcutC, Norm: NormNone, Variant: V1}, "resnet18_v1_3x3_c_nonorm"},
		{Config{Depth: 26}, "resnet26"},
		{Config{Depth: 200, Variant: V2}, "preact_resnet200"},
		{Config{Blocks: Blocks{3, 24, 36, 3}}, "resnet200"},
		{Config{Blocks: Blocks{3, 4, 6, 3}}, "resnet50"},
		{Config{Blocks: Blocks{3, 4, 6, 3}, Block: Basic}, "resnet34"},
		{Config{Blocks: Blocks{3, 4, 6, 3}, Depth: 34}, "resnet34"},
		{Config{Blocks: Blocks{1, 2, 3, 4}}, "resnet32_1x2x3x4"},
		{Config{Blocks: Blocks{1, 2, 3, 4}, Block: Basic, Plain: true}, "plain22_1x2x3x4"},
		{Config{Blocks: Blocks{1, 1, 1, 1}, Depth: 14, Stem: Stem3x3, Groups: 8, WidthPerGroup: 8},
			"resnext14_8x8d_1x1x1x1_3x3"},
		{Config{Family: CIFAR, Blocks: Blocks{3, 3, 3}}, "cifar_resnet20"},
		{Config{Family: CIFAR, Blocks: Blocks{18, 18, 18}, Block: Bottleneck}, "cifar_resnet164"},
		{Config{Family: CIFAR, Blocks: Blocks{3, 4, 5}}, "cifar_resnet26_3x4x5"},
		{Config{Family: CIFAR, Blocks: Blocks{3, 4, 5}, Block: Bottleneck}, "cifar_resnet38_3x4x5"},
		{Config{Family: CIFAR}, "cifar_resnet50"},
		{Config{Family: CIFAR, Depth: 20, Shortcut: ShortcutC, Norm: NormNone}, "cifar_resnet20_c_nonorm"},
		{Config{Family: CIFAR, Depth: 110, Block: Bottleneck, Variant: V2}, "cifar_preact_resnet110_bottleneck"},
		{Config{Family: CIFAR, Depth: 110, Block: Basic, Variant: V2}, "cifar_preact_resnet110"},
		{Config{Family: CIFAR, Depth: 164}, "cifar_resnet164"},
		{Config{Family: CIFAR, Depth: 164, Block: Basic}, "cifar_resnet164_basic"},
		{Config{Depth: 50, Groups: 32, WidthPerGroup: 4, Plain: true}, "plainext50_32x4d"},
		{Config{Depth: 50, Groups: 32}, "resnext50_32x64d"},
		{Config{Depth: 101, WidthPerGroup: 128}, "wide_resnet101_2"},
		{Config{Depth: 101, WidthPerGroup: 128, Plain: true, Variant: V2}, "preact_wide_plain101_2"},
		{Config{Depth: 50, WidthPerGroup: 40}, "resnext50_1x40d"},
		{Config{Keras: true}, "keras_resnet50"},
		{Config{Keras: true, Variant: V2, Plain: true}, "plain50v2"},
		{Config{Family: VGG}, "vgg19"},
		{Config{Family: VGG, Depth: 16, Norm: NormBatch}, "vgg16_bn"},
	} {
		r, err := c.config.Resolve()
		if err != nil || r.Arch != c.name {
			t.Errorf("%+v is called %s (%v), want %s", c.config, r.Arch, err, c.name)
			continue
		}
		back, err := Config{Arch: strings.ToUpper(r.Arch)}.Resolve()
		if err != nil || back != r {
			t.Errorf("%s is read back as %+v (%v), not %+v", c.name, back, err, r)
		}
		if again, err := r.Resolve(); err != nil || again != r {
			t.Errorf("%s resolves again to %+v (%v)", c.name, again, err)
		}
	}
}

func TestParseArch(t *testing.T) {
	c, err := ParseArch("Wide-ResNet50-2")
	want := Config{Arch: "wide_resnet50_2", Family: ImageNet, Depth: 50, Groups: 1, WidthPerGroup: 128}
	if err != nil || c != want {
		t.Errorf("parsed %+v (%v), want %+v", c, err, want)
	}
	for name, want := range map[string]string{
		"resnet51":                "18, 26, 34, 50, 101, 152, 200",
		"resnet20":                "cifar_resnet20 is of the family cifar",
		"plain56":                 "cifar_plain56 is of the family cifar",
		"cifar_resnet18":          "resnet18_3x3 is of the family imagenet",
		"resnet18_3x3x3x3":        "not of 18",
		"resnet18_2x2":            "similar names",
		"resnet18_2x2x2x2x2":      "similar names",
		"resnet18_2x2x2x0":        "similar names",
		"resnet18_3x3_7x7":        "similar names",
		"cifar_resnet20_7x7":      "a stem of its own",
		"cifar_resnet20d":         "no stem deep",
		"resnet50dd":              "similar names",
		"resnet50cd":              "similar names",
		"resnet50dc":              "similar names",
		"resnet50d_b":             "similar names",
		"resnet50c_3x3":           "similar names",
		"resnet50e":               "similar names",
		"resnet50dv2":             "not deep",
		"resnet20_3x3x3":          "of 3 stages",
		"resnet5O":                "resnet50",
		"resnext50":               "resnext50_32x4d",
		"resnext50_32x":           "resnext50_32x4d",
		"wide_resnet50":           "wide_resnet50_2",
		"resnext18_32x4d":         "bottlenecks only",
		"cifar_wide_resnet2_2":    "6n+2",
		"cifar_resnet21":          "6n+2",
		"cifar_resnet999998":      "at most 10000",
		"cifar_resnet2":           "6n+2",
		"vgg12":                   "11, 13, 16, 19",
		"vgg":                     "vgg11",
		"keras_resnet18":          "50, 101 or 152",
		"keras_resnet50v2":        "resnet50v2",
		"preact_resnet50v2":       "resnet50v2",
		"preact_resnet50_v1":      "resnet50_v1",
		"resnet-50.pth":           "resnet50",
		"resnet050":               "resnet50",
		"":                        "unknown net",
		"alexnet":                 "unknown net",
		"resnet99999999999999":    "unknown net",
		strings.Repeat("é", 5000): "unknown net",
	} {
		if _, err := ParseArch(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseArch(%.30q): %v, want an error with %q", name, err, want)
		} else if strings.Contains(err.Error(), "\n") || len(err.Error()) > 250 {
			t.Errorf("ParseArch(%.30q): the error isn't one short line: %v", name, err)
		}
	}
}

// TestContradictions: a Config that makes no sense is refused, and the error says why.
func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Depth: 51}, "no ImageNet net of depth 51: the depths are 18, 26, 34, 50, 101, 152, 200"},
		{Config{Depth: 20}, "no ImageNet net of depth 20"},
		{Config{Arch: "resnet50", Blocks: Blocks{2, 2, 2, 2}},
			"of depth 18 with basic blocks, of 26 with bottlenecks: not of 50"},
		{Config{Blocks: Blocks{3, 4, 6}}, "blocks 3,4,6 are of 3 stages: a net of the family imagenet has 4"},
		{Config{Family: CIFAR, Blocks: Blocks{3, 4, 6, 3}}, "a net of the family cifar has 3"},
		{Config{Blocks: Blocks{3, 0, 6, 3}}, "from 1 to 10000 blocks"},
		{Config{Blocks: Blocks{3, 1 << 62, 1 << 62, 3}}, "from 1 to 10000 blocks"},
		{Config{Blocks: Blocks{1000, 1000, 1000, 1000}}, "too large: at most 10000"},
		{Config{Family: CIFAR, Stem: Stem7x7}, "a stem of its own"},
		{Config{Arch: "vgg19", Stem: Stem3x3}, "VGG has no blocks"},
		{Config{Arch: "vgg19", Blocks: Blocks{1, 1, 1, 1}}, "VGG has no blocks"},
		{Config{Keras: true, Depth: 26}, "50, 101 or 152"},
		{Config{Keras: true, Blocks: Blocks{1, 1, 1, 1}}, "50, 101 or 152"},
		{Config{Keras: true, Stem: Stem3x3}, "not 3x3"},
		{Config{Keras: true, Shortcut: ShortcutD}, "shortcut B, not D"},
		{Config{Family: CIFAR, Stem: StemDeep}, "a stem of its own"},
		{Config{Depth: -50}, "depth -50"},
		{Config{Arch: "resnet50", Depth: 101}, "resnet50 has depth 50, not 101"},
		{Config{Arch: "resnet50", Family: CIFAR}, "resnet50 has family imagenet, not cifar"},
		{Config{Arch: "resnet50v2", Variant: V1}, "resnet50v2 has variant v2, not v1"},
		{Config{Arch: "resnet34", Block: Bottleneck}, "has basic blocks"},
		{Config{Depth: 50, Block: Basic}, "has bottleneck blocks"},
		{Config{Family: CIFAR, Depth: 20, Block: Basic, Groups: 2}, "groups"},
		{Config{Family: CIFAR, Depth: 20, Norm: NormNone, Keras: true}, "Keras"},
		{Config{Family: CIFAR, Depth: 32, Block: Bottleneck}, "with bottleneck blocks"},
		{Config{Keras: true, Variant: V15}, "not v1.5"},
		{Config{Keras: true, Shortcut: ShortcutA}, "shortcut B"},
		{Config{Arch: "vgg19", Plain: true}, "VGG has no blocks"},
		{Config{Arch: "vgg19", Norm: NormBatch}, "vgg19 has norm none, not batch"},
		{Config{Groups: -1}, "groups"},
		{Config{WidthPerGroup: 1 << 20}, "at most"},
		{Config{Batch: -1}, "batch -1: it must be at least 1"},
		{Config{Batch: 1 << 50}, "too many elements"},
		{Config{Height: 1 << 62, Width: 1 << 62}, "too many elements"},
		{Config{Classes: 1 << 41}, "too many elements"},
		{Config{Channels: -3}, "channels -3"},
		{Config{Arch: "vgg19", Height: 31, Width: 224}, "features.36 (MaxPool2d 2×2, stride 2) gets 1×14 pixels"},
		{Config{Channels: 1 << 34}, "too many elements"},
		{Config{Height: 1 << 20, Width: 1 << 18}, "too many elements"},
		{Config{Classes: 1 << 31}, "fc.weight"},
		{Config{Depth: 18, Height: 1 << 18, Width: 1 << 18, Batch: 2}, "the result of conv1"},
	} {
		if _, err := Build(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", c.config, err, c.want)
		}
	}
}

// TestTwin: a twin has the same layers except for the skips, under the same names,
// and its twin is the original net.
func TestTwin(t *testing.T) {
	for _, name := range Archs() {
		m := mustBuild(t, Config{Arch: name, Classes: 7})
		c, ok := m.Config.Twin()
		if m.Config.Family == VGG {
			if ok {
				t.Errorf("%s has a twin", name)
			}
			continue
		}
		back, _ := c.Twin()
		if !ok || c.Plain == m.Config.Plain || c.Classes != 7 || back != m.Config {
			t.Errorf("%s has the twin %+v, whose twin is %+v", name, c, back)
			continue
		}
		twin := mustBuild(t, c)
		if a, b := m.Blocks(), twin.Blocks(); len(a) != len(b) {
			t.Errorf("%s has %d blocks, its twin %d", name, len(a), len(b))
		} else {
			for i := range a {
				if a[i].Path != b[i].Path || !a[i].Out.Equal(b[i].Out) {
					t.Errorf("%s: block %s differs in the twin", name, a[i].Path)
				}
			}
		}
		if a, b := branchParams(m), branchParams(twin); !slices.Equal(a, b) {
			t.Errorf("%s and its twin differ in more than skips: %d and %d parameters", name, len(a), len(b))
		}
	}
}

// branchParams are the parameters outside skips.
func branchParams(m *Model) (names []string) {
	for _, l := range m.Layers {
		if l.Part != nn.Skip {
			for _, id := range l.Params {
				names = append(names, m.Params[id].Name+" "+m.Params[id].Shape.String())
			}
		}
	}
	return names
}

func FuzzParseArch(f *testing.F) {
	for _, name := range Archs() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c, err := ParseArch(name)
		if err != nil {
			return
		}
		if back, err := ParseArch(c.Arch); err != nil || back.Arch != c.Arch {
			t.Errorf("%q is called %q, which is called %q (%v)", name, c.Arch, back.Arch, err)
		}
	})
}
