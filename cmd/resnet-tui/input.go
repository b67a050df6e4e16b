package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// images are a net's input, and where they come from.
type images struct {
	batch  *tensor.Tensor // N×C×H×W
	source string
	names  []string // of pictures, one an image
}

// readInput reads what --input names, all arrays or all pictures, and sets
// batch, channels and size of c by it; what the user gave must agree.
func readInput(ctx context.Context, inputs []string, c *resnet.Config, fs *pflag.FlagSet, warn io.Writer) (*images, error) {
	arrays := 0
	for _, path := range inputs {
		if isArray(path) {
			arrays++
		}
	}
	var in *images
	var err error
	switch arrays {
	case len(inputs):
		in, err = readArrays(inputs)
	case 0:
		in, err = readPictures(ctx, inputs, *c, warn)
	default:
		err = errors.New("arrays and pictures don't mix in one batch")
	}
	if err != nil {
		return nil, usage("--input: %w", err)
	}
	in.source = strings.Join(inputs, ", ")
	return in, agree(in.batch.Shape, c, fs)
}

func isArray(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".npy" || ext == ".safetensors"
}

// agree sets c's extents by the input's, where no flag says otherwise.
func agree(s tensor.Shape, c *resnet.Config, fs *pflag.FlagSet) error {
	for _, e := range []struct {
		flag  string
		value *int
		input int
	}{{"batch", &c.Batch, s[0]}, {"channels", &c.Channels, s[1]}, {"size", &c.Height, s[2]}, {"size", &c.Width, s[3]}} {
		if given(fs, e.flag) && *e.value != e.input {
			return usage("--%s %d does not agree with --input, which is %v", e.flag, *e.value, s)
		}
		*e.value = e.input
	}
	return nil
}

// readArrays reads .npy and .safetensors files, and joins their images.
func readArrays(paths []string) (*images, error) {
	var all *tensor.Tensor
	for _, path := range paths {
		t, err := readArray(path)
		if err != nil {
			return nil, err
		}
		if len(t.Shape) != 4 {
			return nil, fmt.Errorf("%s: its shape is %v, but input is N×C×H×W", path, t.Shape)
		}
		if err := t.Shape.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if all == nil {
			all = t
			continue
		}
		if !t.Shape[1:].Equal(all.Shape[1:]) {
			return nil, fmt.Errorf("%s has images of %v, %s of %v", path, t.Shape[1:], paths[0], all.Shape[1:])
		}
		all.Shape[0] += t.Shape[0]
		all.Data = append(all.Data, t.Data...)
	}
	return &images{batch: all}, nil
}

func readArray(path string) (*tensor.Tensor, error) {
	if strings.EqualFold(filepath.Ext(path), ".npy") {
		return checkpoint.ReadNPY(path)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	name, err := inputName(path, f)
	if err != nil {
		return nil, err
	}
	return f.Load(name)
}

// inputName is the file's tensor "input", or its only one of four dimensions.
func inputName(path string, f *checkpoint.File) (string, error) {
	var names []string
	for _, name := range f.Names() {
		if name == "input" {
			return name, nil
		}
		if _, shape := f.Info(name); len(shape) == 4 {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%s: it has %d tensors of shape N×C×H×W: call the one that is meant \"input\"", path, len(names))
	}
	return names[0], nil
}

// readPictures decodes image files and folders of them as the net's family
// takes them. Of a folder, files that can't be read are named and left out.
func readPictures(ctx context.Context, inputs []string, c resnet.Config, warn io.Writer) (*images, error) {
	c.Batch = 1
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	files, err := vision.Files(inputs)
	if err != nil {
		return nil, err
	}
	b, err := transform(c).Load(ctx, files)
	if err != nil {
		return nil, err
	}
	for _, failed := range b.Failed {
		if !anyFolder(inputs) {
			return nil, failed
		}
		fmt.Fprintln(warn, "left out: "+oneLine(failed))
	}
	return &images{batch: b.Input, names: b.Names}, nil
}

func anyFolder(paths []string) bool {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

// transform is how the family's nets take pictures.
func transform(c resnet.Config) vision.Transform {
	if c.Family == resnet.CIFAR {
		return vision.ForCIFAR(c.Channels, c.Height, c.Width)
	}
	return vision.ForImageNet(c.Channels, c.Height, c.Width)
}
