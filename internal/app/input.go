package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/profile"
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

	norm       vision.Norm         // of samples from 0 to 255; zero where nobody says how values were made
	preprocess *profile.Preprocess // of pictures
	leftOut    map[string]int      // files of folders that were not used, by extension
}

// readFiles reads the files of an input, which are all arrays or all pictures; c
// and the input's settings say how pictures are resized.
func (in *Input) readFiles(ctx context.Context, c resnet.Config, l Listener) (*images, error) {
	arrays := 0
	for _, path := range in.Files {
		if isArray(path) {
			arrays++
		}
	}
	var read *images
	var err error
	switch arrays {
	case len(in.Files):
		if field := in.Preprocess.given(); field != "" {
			l.notice("{" + field + "} is about pictures: an array is used as it is")
		}
		read, err = readArrays(in.Files, c.Channels)
	case 0:
		read, err = in.readPictures(ctx, c, l)
	default:
		err = errors.New("arrays and pictures don't mix in one batch")
	}
	var said *InputError
	if errors.As(err, &said) {
		return nil, err
	}
	if err != nil {
		return nil, refuse("{input}: %w", err)
	}
	read.source = strings.Join(in.Files, ", ")
	return read, nil
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

// readArrays reads .npy and .safetensors files, and joins their images. channels are
// those that were asked for, 0 if that is open.
func readArrays(paths []string, channels int) (*images, error) {
	var all *tensor.Tensor
	for _, path := range paths {
		t, err := readArray(path)
		if err != nil {
			return nil, err
		}
		if err := checkImages(path, t.Shape, channels); err != nil {
			return nil, err
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

// checkImages refuses an array that is not N×C×H×W. One whose second dimension can't be
// an image's channels, but whose last can, is N×H×W×C.
func checkImages(path string, s tensor.Shape, channels int) error {
	if len(s) != 4 {
		return fmt.Errorf("%s: its shape is %v, but input is N×C×H×W", path, s)
	}
	fits := func(n int) bool { return n == channels || channels == 0 && (n == 1 || n == 3) }
	switch {
	case fits(s[1]):
	case fits(s[3]):
		return fmt.Errorf("%s: its shape %v looks like N×H×W×C, but input is N×C×H×W: "+
			"transpose it first (in NumPy, x.transpose(0, 3, 1, 2))", path, s)
	case channels == 0:
		return refuse("{input}: %s: its shape is %v, that is images of %d channels in N×C×H×W: "+
			"give {channels} %d if it is meant so", path, s, s[1], s[1])
	}
	if err := s.Check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
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
// them. Files of a folder that are no pictures are counted and left out; those that
// can't be read are named too.
func (in *Input) readPictures(ctx context.Context, c resnet.Config, l Listener) (*images, error) {
	c.Batch = 1
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	files, skipped, err := vision.Files(in.Files)
	if err != nil {
		return nil, err
	}
	t := in.Preprocess.transform(c)
	b, err := t.Load(ctx, files)
	if err != nil {
		return nil, err
	}
	noticeSkipped(l, skipped)
	for _, failed := range b.Failed {
		if !anyFolder(in.Files) {
			return nil, failed
		}
		l.notice("left out: %w", failed)
	}
	for _, path := range without(files, b.Names) {
		skipped[strings.ToLower(filepath.Ext(path))]++
	}
	return &images{batch: b.Input, names: b.Names, norm: t.Norm, preprocess: describeTransform(t), leftOut: skipped}, nil
}

// noticeSkipped says which files of a folder are no pictures.
func noticeSkipped(l Listener, skipped vision.Skipped) {
	if len(skipped) > 0 {
		l.notice("left out: %v, as pictures are %s", skipped, vision.Formats)
	}
}

// without returns the elements of all that are not in some, which is a part of all in
// the same order.
func without(all, some []string) []string {
	var rest []string
	for _, x := range all {
		if len(some) > 0 && some[0] == x {
			some = some[1:]
		} else {
			rest = append(rest, x)
		}
	}
	return rest
}

func anyFolder(paths []string) bool {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}
