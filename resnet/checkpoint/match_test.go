package checkpoint

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// params returns parameters of shape 2, except fc.weight, whose shape is 5×4.
func params(names ...string) []tensor.Param {
	var list []tensor.Param
	for _, n := range names {
		shape := tensor.Shape{2}
		if n == "fc.weight" {
			shape = tensor.Shape{5, 4}
		}
		list = append(list, tensor.Param{Name: n, Shape: shape})
	}
	return list
}

// fileOf returns a file of tensors with these names and the shapes of params; the
// elements of tensor i are i.
func fileOf(t *testing.T, names ...string) *File {
	t.Helper()
	var entries []string
	var data []byte
	for i, n := range names {
		shape, elems := "[2]", 2
		if strings.HasSuffix(n, "weight") && usualOrSelf(n) == "fc.weight" {
			shape, elems = "[5,4]", 20
		}
		entries = append(entries, stTensor(n, "F32", shape, len(data), len(data)+4*elems))
		data = append(data, strings.Repeat(floatBytes(byte(i)), elems)...)
	}
	whole := stFile("{"+strings.Join(entries, ",")+"}", 0)
	f, err := open(memory(append(whole, data...)), "net.safetensors", "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// usualOrSelf returns a classifier's usual name without its prefix, or name itself.
func usualOrSelf(name string) string {
	for _, n := range append(usualNames(name), name) {
		if strings.HasSuffix("."+n, ".fc.weight") {
			return "fc.weight"
		}
	}
	return name
}

func TestMatchNames(t *testing.T) {
	net := []string{
		"conv1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn2.running_var",
		"layer2.0.downsample.0.weight", "layer2.0.downsample.1.weight", "fc.weight", "fc.bias",
	}
	with := func(prefix, fc, shortcut string) []string {
		var names []string
		for _, n := range net {
			if strings.HasPrefix(n, "fc.") {
				n = fc + strings.TrimPrefix(n, "fc.")
			}
			names = append(names, prefix+strings.Replace(n, "downsample", shortcut, 1))
		}
		return names
	}
	for name, file := range map[string][]string{
		"plain":             with("", "fc.", "downsample"),
		"DataParallel":      with("module.", "linear.", "downsample"),
		"nested prefixes":   with("model.module.backbone.", "fc.", "downsample"),
		"torch.compile":     with("_orig_mod.", "fc.", "downsample"),
		"classifier":        with("", "classifier.", "downsample"),
		"pretrained-models": with("", "last_linear.", "shortcut"),
		"another project's": with("net.", "linear.", "shortcut"),
		"two prefixes":      append(with("backbone.", "fc.", "downsample")[:6], "head.fc.weight", "head.fc.bias"),
		"bookkeeping": append(with("module.", "fc.", "downsample"),
			"n_averaged", "module.bn1.num_batches_tracked", "total_ops",
			"module.conv1.total_params", "conv1.weight.momentum_buffer"),
		"Hugging Face's": {
			"resnet.embedder.embedder.convolution.weight", "resnet.embedder.embedder.normalization.bias",
			"resnet.encoder.stages.0.layers.0.layer.0.convolution.weight",
			"resnet.encoder.stages.0.layers.0.layer.1.normalization.running_var",
			"resnet.encoder.stages.1.layers.0.shortcut.convolution.weight",
			"resnet.encoder.stages.1.layers.0.shortcut.normalization.weight", "classifier.1.weight",
			"classifier.1.bias",
		},
		"Hugging Face's alone": {
			"embedder.embedder.convolution.weight", "embedder.embedder.normalization.bias",
			"encoder.stages.0.layers.0.layer.0.convolution.weight",
			"encoder.stages.0.layers.0.layer.1.normalization.running_var",
			"encoder.stages.1.layers.0.shortcut.convolution.weight",
			"encoder.stages.1.layers.0.shortcut.normalization.weight", "classifier.1.weight",
			"classifier.1.bias",
		},
	} {
		src, err := fileOf(t, file...).Source(params(net...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, p := range params(net...) {
			x := tensor.New(p.Shape...)
			if err := src.Load(p, x); err != nil || x.Data[0] != float32(i) {
				t.Errorf("%s: %s took tensor %v (%v), want %d", name, p.Name, x.Data[0], err, i)
			}
		}
	}
}

// TestMatchVGG: names of a net that look like those of another project are kept.
func TestMatchVGG(t *testing.T) {
	net := []string{"features.0.weight", "classifier.0.weight", "classifier.3.weight", "classifier.6.weight"}
	for _, prefix := range []string{"", "module."} {
		var names []string
		for _, n := range net {
			names = append(names, prefix+n)
		}
		if _, err := fileOf(t, names...).Source(params(net...)); err != nil {
			t.Error(err)
		}
	}
}

func TestMatchErrors(t *testing.T) {
	f := fileOf(t, "module.conv1.weight", "module.bn1.bias", "module.extra", "other", "module.fc.weight")
	p := params("conv1.weight", "bn1.weight", "bn1.bias", "fc.weight")
	p[3].Shape = tensor.Shape{10, 4}
	_, err := f.Source(p)
	wantError(t, "all kinds", err, "net.safetensors doesn't fit the net: "+
		"1 missing (bn1.weight), 2 extra (module.extra, other), "+
		"1 of another shape (fc.weight: 5×4 in the file, 10×4 in the net)")
	var e *MatchError
	if !errors.As(err, &e) || len(e.Extra) != 2 {
		t.Errorf("error %#v", err)
	}

	var many []string
	for i := range 13 {
		many = append(many, fmt.Sprintf("layer1.%d.conv1.weight", i))
	}
	_, err = f.Source(params(many...))
	wantError(t, "many", err, "13 missing (layer1.0.conv1.weight, layer1.1.conv1.weight, "+
		"layer1.2.conv1.weight, layer1.3.conv1.weight and 9 more)")

	_, err = fileOf(t, "conv1.weight", "linear.weight", "fc.weight").Source(params("conv1.weight", "fc.weight"))
	wantError(t, "two classifiers", err, "1 extra (linear.weight)")
	_, err = fileOf(t, "layer1.0.conv1.weight").Source(params("conv1.weight", "layer1.0.conv1.weight"))
	wantError(t, "another's end", err, "1 missing (conv1.weight)")
	_, err = fileOf(t).Source(params("conv1.weight"))
	wantError(t, "no tensors", err, "1 missing (conv1.weight)")

	src, err := fileOf(t, "conv1.weight").Source(params("conv1.weight"))
	if err != nil {
		t.Fatal(err)
	}
	err = src.Load(params("bn1.weight")[0], tensor.New(2))
	wantError(t, "unknown", err, "has no tensor for the parameter bn1.weight")
	wantError(t, "shape", src.Load(params("conv1.weight")[0], tensor.New(3)), "has the shape 2, not 3")
}
