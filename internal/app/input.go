package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// images are a net's input, and where they come from.
type images struct {
	batch  *tensor.Tensor // N×C×H×W
	source string
	names  []string // of pictures, one per image
	labels []int    // the right classes, nil if they aren't known
}

// readFiles reads the files of an input, which are all arrays or all pictures; c
// says how pictures are resized.
func readFiles(ctx context.Context, files []string, c resnet.Config, l Listener) (*images, error) {
	arrays := 0
	for _, path := range files {
		if isArray(path) {
			arrays++
		}
	}
	var in *images
	var err error
	switch arrays {
	case len(files):
		in, err = readArrays(files)
	case 0:
		in, err = readPictures(ctx, files, c, l)
	default:
		err = errors.New("arrays and pictures don't mix in one batch")
	}
	if err != nil {
		return nil, refuse("{input}: %w", err)
	}
	in.source = strings.Join(files, ", ")
	return in, nil
}

func isArray(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".npy" || ext == ".safetensors"
}

// extent is a field of a net's configuration that its images decide.
type extent struct {
	field string
	asked int  // by the spec, 0 if it leaves that open
	value *int // in the configuration
	found int  // in the images
}

// adopt sets a configuration's extents by those of the images; what the spec asks
// for must agree, and from names the field and value that say otherwise.
func adopt(extents []extent, from Message) error {
	for _, e := range extents {
		if e.asked != 0 && e.asked != e.found {
			return refuse("{"+e.field+"} %d does not agree with "+from.format, append([]any{e.asked}, from.args...)...)
		}
		*e.value = e.found
	}
	return nil
}

// adoptBatch sets c's extents by a batch of images N×C×H×W, unless asked disagrees.
func adoptBatch(c *resnet.Config, asked resnet.Config, s tensor.Shape) error {
	return adopt([]extent{
		{"batch", asked.Batch, &c.Batch, s[0]},
		{"channels", asked.Channels, &c.Channels, s[1]},
		{"size", asked.Height, &c.Height, s[2]},
		{"size", asked.Width, &c.Width, s[3]},
	}, say("{input}, which is %v", s))
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
		return "", fmt.Errorf("%s: it has %d tensors of shape N×C×H×W: name the right one \"input\"", path, len(names))
	}
	return names[0], nil
}

// readPictures decodes image files and folders of them as the net's family takes
// them. Files of a folder that can't be read are named and left out.
func readPictures(ctx context.Context, inputs []string, c resnet.Config, l Listener) (*images, error) {
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
		l.notice("left out: %w", failed)
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
