package resnet

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestReceptiveField compares receptive fields and strides before the global pool
// with Araujo, Norris and Sim 2019 ("Computing Receptive Fields of Convolutional
// Neural Networks", table 1; its ResNet-v2s stride where Keras's do), and with the
// known ones of VGG.
func TestReceptiveField(t *testing.T) {
	for arch, want := range map[string][2]int{
		"resnet50v2": {483, 32}, "resnet101v2": {1027, 32}, "resnet152v2": {1507, 32},
		"resnet18": {435, 32}, "resnet34": {899, 32}, "vgg16": {212, 32}, "vgg19": {268, 32},
	} {
		m := mustBuild(t, Config{Arch: arch})
		at := slices.IndexFunc(m.Layers, func(l *nn.Layer) bool { return l.Kind == tensor.AdaptiveAvgPool2d })
		if l := m.Layers[at-1]; l.RF != want[0] || l.Jump != want[1] {
			t.Errorf("%s: field %d, stride %d before the pool, want %v", arch, l.RF, l.Jump, want)
		}
	}
}

// outline lists the calls of a subtree with their inputs, strides and parts.
func outline(m *Model, path string) (lines []string) {
	for _, l := range m.Find(path).Layers {
		line := strings.TrimPrefix(l.Path, path+".")
		if l.Kind == tensor.ReLU {
			line += fmt.Sprint("#", l.Call)
		}
		for _, in := range l.Inputs {
			if in != l.Index-1 || l.Kind == tensor.Add {
				line += fmt.Sprint("←", strings.TrimPrefix(m.Layers[in].Path, path+"."))
			}
		}
		if l.Op.SH > 1 {
			line += " /2"
		}
		lines = append(lines, fmt.Sprintf("%s %v", line, l.Part))
	}
	return lines
}

// TestBlocks spells out every kind of block as its source defines it.
func TestBlocks(t *testing.T) {
	for _, c := range []struct{ arch, path, want string }{
		{"resnet18", "layer2.0", `
			conv1 /2 branch, bn1 branch, relu#0 branch, conv2 branch, bn2 branch,
			downsample.0←layer1.1.relu /2 skip, downsample.1 skip, add←bn2←downsample.1 join, relu#1 join`},
		{"resnet34_a", "layer2.0", `
			conv1 /2 branch, bn1 branch, relu#0 branch, conv2 branch, bn2 branch, pad←layer1.2.relu /2 skip,
			add←bn2←pad join, relu#1 join`},
		{"resnet50", "layer3.0", `
			conv1 branch, bn1 branch, relu#0 branch, conv2 /2 branch, bn2 branch, relu#1 branch, conv3 branch,
			bn3 branch, downsample.0←layer2.3.relu /2 skip, downsample.1 skip, add←bn3←downsample.1 join,
			relu#2 join`},
		{"resnet50_v1", "layer3.0", `
			conv1 /2 branch, bn1 branch, relu#0 branch, conv2 branch, bn2 branch, relu#1 branch, conv3 branch,
			bn3 branch, downsample.0←layer2.3.relu /2 skip, downsample.1 skip, add←bn3←downsample.1 join,
			relu#2 join`},
		{"plain50", "layer3.1", `
			conv1 branch, bn1 branch, relu#0 branch, conv2 branch, bn2 branch, relu#1 branch, conv3 branch,
			bn3 branch, relu#2 branch`},
		{"preact_resnet18", "layer2.0", `
			bn1 trunk, relu#0 trunk, conv1 /2 branch, bn2 branch, relu#1 branch, conv2 branch,
			downsample.0←relu /2 skip, add←conv2←downsample.0 join`},
		{"preact_resnet50", "layer2.1", `
			bn1 branch, relu#0 branch, conv1 branch, bn2 branch, relu#1 branch, conv2 branch, bn3 branch,
			relu#2 branch, conv3 branch, add←conv3←layer2.0.add join`},
		{"resnet50d", "layer1.0", `
			conv1 branch, bn1 branch, relu#0 branch, conv2 branch, bn2 branch, relu#1 branch, conv3 branch, bn3 branch,
			downsample.1←maxpool skip, downsample.2 skip, add←bn3←downsample.2 join, relu#2 join`},
		{"resnet50d", "layer3.0", `
			conv1 branch, bn1 branch, relu#0 branch, conv2 /2 branch, bn2 branch, relu#1 branch, conv3 branch, bn3 branch,
			downsample.0←layer2.3.relu /2 skip, downsample.1 skip, downsample.2 skip, add←bn3←downsample.2 join,
			relu#2 join`},
		{"preact_resnet18_d", "layer2.0", `
			bn1 trunk, relu#0 trunk, conv1 /2 branch, bn2 branch, relu#1 branch, conv2 branch,
			downsample.0←relu /2 skip, downsample.1 skip, add←conv2←downsample.1 join`},
		{"cifar_preact_resnet20", "layer3.0", `
			bn1 branch, relu#0 branch, conv1 /2 branch, bn2 branch, relu#1 branch, conv2 branch,
			pad←layer2.2.add /2 skip, add←conv2←pad join`},
		{"resnet50v2", "layer1.2", `
			bn1 branch, relu#0 branch, conv1 branch, bn2 branch, relu#1 branch, conv2 /2 branch, bn3 branch,
			relu#2 branch, conv3 branch, pool←layer1.1.add /2 skip, add←conv3←pool join`},
		{"cifar_resnet20_nonorm", "layer1.1", `
			conv1 branch, relu#0 branch, conv2 branch, add←conv2←layer1.0.relu join, relu#1 join`},
	} {
		m := mustBuild(t, Config{Arch: c.arch})
		want := strings.Join(strings.Fields(c.want), " ")
		if got := strings.Join(outline(m, c.path), ", "); got != want {
			t.Errorf("%s %s:\n%s\nwant\n%s", c.arch, c.path, got, want)
		}
	}
}

// TestZeroChannels: option A has zeros on both sides, A-end behind only.
func TestZeroChannels(t *testing.T) {
	for shortcut, want := range map[Shortcut][2]int{ShortcutA: {64, 64}, ShortcutAEnd: {0, 128}} {
		m := mustBuild(t, Config{Depth: 34, Shortcut: shortcut})
		if op := m.Find("layer3.0.pad").Layers[0].Op; op.PadBefore != want[0] || op.PadAfter != want[1] {
			t.Errorf("%v has %d zero channels before and %d behind, want %v", shortcut, op.PadBefore, op.PadAfter, want)
		}
	}
}

// TestPoolsRoundUp: an average pool in a skip gives the size that the branch's stride
// gives, whatever the image's is.
func TestPoolsRoundUp(t *testing.T) {
	for _, c := range []Config{
		{Arch: "resnet18d", Height: 75, Width: 53}, {Arch: "resnet50d", Height: 1, Width: 2},
		{Arch: "resnet18_3x3_d", Height: 5, Width: 7},
	} {
		pool := mustBuild(t, c).Find("layer3.0.downsample.0").Layers[0]
		conv := mustBuild(t, c).Find("layer3.0.conv1").Layers[0]
		if got, in := pool.Out, conv.In; got[2] != (in[2]+1)/2 || got[3] != (in[3]+1)/2 {
			t.Errorf("%s: the pool makes %v of %v", c.Arch, got, in)
		}
	}
}

// TestStems: the layers before the stages, and their size.
func TestStems(t *testing.T) {
	for _, c := range []struct{ arch, want string }{
		{"resnet18", "conv1 64→112×112, bn1 64→112×112, relu 64→112×112, maxpool 64→56×56"},
		{"resnet18_3x3", "conv1 64→224×224, bn1 64→224×224, relu 64→224×224"},
		{"preact_resnet50_3x3", "conv1 64→224×224"},
		{"resnet50d", "conv1.0 32→112×112, conv1.1 32→112×112, conv1.2 32→112×112, conv1.3 32→112×112, " +
			"conv1.4 32→112×112, conv1.5 32→112×112, conv1.6 64→112×112, bn1 64→112×112, relu 64→112×112, " +
			"maxpool 64→56×56"},
		{"preact_resnet18d_nonorm", "conv1.0 32→112×112, conv1.2 32→112×112, conv1.3 32→112×112, " +
			"conv1.5 32→112×112, conv1.6 64→112×112, maxpool 64→56×56"},
		{"cifar_resnet20", "conv1 16→32×32, bn1 16→32×32, relu 16→32×32"},
	} {
		var got []string
		for _, l := range mustBuild(t, Config{Arch: c.arch}).Layers {
			if strings.HasPrefix(l.Path, "layer1") {
				break
			}
			got = append(got, fmt.Sprintf("%s %d→%d×%d", l.Path, l.Out[1], l.Out[2], l.Out[3]))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s begins with %s, want %s", c.arch, text, c.want)
		}
	}
}

// TestTree: sums, shapes, receptive fields and runs of equal blocks.
func TestTree(t *testing.T) {
	m := mustBuild(t, Config{Depth: 101, Batch: 4})
	if got := m.Root.Out.String(); got != "4×1000" || m.Root.In.String() != "4×3×224×224" {
		t.Errorf("the net makes %v of %v", got, m.Root.In)
	}
	layer3 := m.Find("layer3")
	blocks := layer3.Children
	if len(blocks) != 23 || blocks[0].Alike != 1 || blocks[1].Alike != 22 || blocks[22].Alike != 1 {
		t.Error("layer3 doesn't show 22 equal blocks after its first")
	}
	if b := layer3.Children[0].Block; *b != (nn.Block{Skip: nn.Projection, Stride: 2}) {
		t.Errorf("layer3.0 is %+v", *b)
	}
	m.Walk(func(n *nn.Module) {
		var sum nn.Cost
		for _, c := range n.Children {
			sum.Add(c.Cost)
			if c.Parent != n || c.Path != nn.Dotted(n.Path, c.Name) {
				t.Errorf("%s is not where its path says", c.Path)
			}
		}
		if len(n.Children) > 0 && sum != n.Cost {
			t.Errorf("%s costs %+v, its children %+v", n.Path, n.Cost, sum)
		}
		if n.Alike < 1 {
			t.Errorf("%s: %d alike", n.Path, n.Alike)
		}
	})
	var all int
	for _, p := range m.Params {
		all += p.Shape.Elems()
	}
	if int64(all) != m.Total.Params+m.Total.Buffers {
		t.Errorf("parameters have %d elements, the total says %+v", all, m.Total)
	}
	if l := m.Find("layer2.0.conv2").Layers[0]; l.Desc != "128→128, 3×3, stride 2" || l.RF != 43 || l.Jump != 8 {
		t.Errorf("layer2.0.conv2: %q, field %d, stride %d", l.Desc, l.RF, l.Jump)
	}
}

// TestLayerCosts spells out one layer of each kind: for 2 images, with ReLU and batch
// norm on 64×112×112 values per image.
func TestLayerCosts(t *testing.T) {
	const batch, stem = 2, 64 * 112 * 112
	m := mustBuild(t, Config{Depth: 18, Batch: batch})
	pooled := int64(64 * 56 * 56)
	bytes := func(elems int64) int64 { return 4 * batch * elems }
	for path, want := range map[string]nn.Cost{
		"conv1": {Params: 9408, MACs: 147 * stem, Operations: 294 * stem, ReadBytes: bytes(3*224*224) + 4*9408,
			WriteBytes: bytes(stem), ActivationBytes: bytes(stem)},
		"bn1": {Params: 128, Buffers: 128, Operations: 2 * stem, ReadBytes: bytes(stem) + 4*256,
			WriteBytes: bytes(stem), ActivationBytes: bytes(stem)},
		"relu": {Operations: stem, ReadBytes: bytes(stem), WriteBytes: bytes(stem), ActivationBytes: bytes(stem)},
		"maxpool": {Operations: 8 * pooled, ReadBytes: bytes(stem),
			WriteBytes: bytes(pooled), ActivationBytes: bytes(pooled)},
		"layer1.0.add": {Operations: pooled, ReadBytes: 2 * bytes(pooled),
			WriteBytes: bytes(pooled), ActivationBytes: bytes(pooled)},
		"avgpool": {Operations: 512 * 49, ReadBytes: bytes(512 * 49),
			WriteBytes: bytes(512), ActivationBytes: bytes(512)},
		"flatten": {},
		"fc": {Params: 513_000, MACs: 512_000, Operations: 1_025_000, ReadBytes: bytes(512) + 4*513_000,
			WriteBytes: bytes(1000), ActivationBytes: bytes(1000)},
	} {
		if got := m.Find(path).Cost; got != want {
			t.Errorf("%s costs\n%+v, want\n%+v", path, got, want)
		}
	}
}

// TestSizes: every image of which some pixel reaches the end makes a valid plan.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 64}, {7, 5}, {33, 31}, {97, 64}, {225, 223}} {
		for _, arch := range []string{
			"resnet18", "resnet34_a", "resnet50_v1", "preact_resnet50", "resnet50v2",
			"cifar_resnet20", "cifar_preact_plain29", "plainext50_32x4d",
		} {
			m := mustBuild(t, Config{Arch: arch, Height: size[0], Width: size[1], Channels: 1, Classes: 7})
			l, err := m.Lower(nn.Pass{})
			if err == nil {
				err = l.Plan.Validate()
			}
			if err != nil {
				t.Errorf("%s at %v: %v", arch, size, err)
			}
		}
	}
}
