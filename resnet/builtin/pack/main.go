// Pack makes the files that package builtin includes, from checkpoints that resnet-tui train
// has saved and from Fashion-MNIST. It must run in the module's root.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

const folder = "resnet/builtin"

func main() {
	if err := pack(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack packs the weights of each checkpoint, and the images.
func pack(checkpoints []string) error {
	for _, path := range checkpoints {
		if err := packNet(path); err != nil {
			return err
		}
	}
	return packSamples()
}

// packNet packs the weights of a checkpoint, whose file name starts with the net's name.
func packNet(path string) error {
	for _, n := range builtin.Nets() {
		if !strings.HasPrefix(filepath.Base(path), n.Arch+"-") {
			continue
		}
		m, err := resnet.Build(n.Config())
		if err != nil {
			return err
		}
		f, err := checkpoint.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		source, err := f.Source(m.Params)
		if err != nil {
			return err
		}
		notes := map[string]string{
			"format": "pt", "net": n.Arch, "data": n.Data, "settings": f.Notes()["settings"],
		}
		path := filepath.Join(folder, n.Name+".safetensors")
		return checkpoint.WriteHalf(path, m.Params, source, notes)
	}
	return fmt.Errorf("%s is not a checkpoint of a net that is included", path)
}

// samples are the first images of each class, by label.
type samples struct {
	images [][]float32
	labels []float32
}

// Load provides the two tensors.
func (s samples) Load(p tensor.Param, t *tensor.Tensor) error {
	if p.Name == builtin.Labels {
		copy(t.Data, s.labels)
		return nil
	}
	for i, image := range s.images {
		copy(t.Data[i*len(image):], image)
	}
	return nil
}

// packSamples packs the first test image of each class.
func packSamples() error {
	data, err := vision.OpenData("fashion-mnist", vision.DataOptions{Split: vision.Test})
	if err != nil {
		return err
	}
	c, h, w := data.Shape()
	classes := len(data.Classes())
	s := samples{
		images: make([][]float32, classes),
		labels: make([]float32, classes),
	}
	for i := range data.Len() {
		image := make([]float32, c*h*w)
		label, err := data.Read(i, image)
		if err != nil {
			return err
		}
		if s.images[label] == nil {
			s.images[label], s.labels[label] = image, float32(label)
		}
	}
	params := []tensor.Param{
		{Name: builtin.Images, Shape: tensor.Shape{classes, c, h, w}, Role: tensor.Slot},
		{Name: builtin.Labels, Shape: tensor.Shape{classes}, Role: tensor.Slot},
	}
	notes := map[string]string{
		"source": "the first test image of each class of Fashion-MNIST, © 2017 Zalando SE, MIT licence",
	}
	return checkpoint.WriteSafetensors(filepath.Join(folder, "fashion-samples.safetensors"), params, s, notes)
}
