// Package builtin holds the weights that the program carries: a CIFAR-style
// ResNet-20 and its plain twin, trained by this program on Fashion-MNIST (Xiao
// et al. 2017), and a handful of images of its test set. To make them anew:
//
//	for net in resnet20 plain20; do
//	  resnet-tui train --arch cifar_$net --data fashion-mnist --epochs 3 --lr 0.1 --schedule cosine \
//	    --lr-warmup 0.25 --weight-decay 5e-4 --save runs/$net
//	done
//	go run ./resnet/builtin/pack runs/resnet20/*epoch0003.safetensors runs/plain20/*epoch0003.safetensors
//
// The bits depend on the processor's kernels; accuracies do so little.
package builtin

import (
	"embed"
	"fmt"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

//go:embed *.safetensors
var files embed.FS

// Net is a net whose weights are carried. Convolutions and the linear layer
// are float16, the rest is float32.
type Net struct {
	Name    string // "fashion-resnet20"
	Arch    string // "cifar_resnet20"
	Twin    string // the name of its plain twin, or of the net whose twin it is
	Data    string // the data set: "fashion-mnist"
	Correct int    // of the 10,000 test images, on AVX2 kernels
}

// Nets are the nets that are carried.
func Nets() []Net {
	return []Net{
		{"fashion-resnet20", "cifar_resnet20", "fashion-plain20", "fashion-mnist", 9222},
		{"fashion-plain20", "cifar_plain20", "fashion-resnet20", "fashion-mnist", 9182},
	}
}

// Find is the net of a name; an unknown name is an error that lists those that
// there are.
func Find(name string) (Net, error) {
	var names []string
	for _, n := range Nets() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Net{}, fmt.Errorf("no weights are called %q: the program carries %s", name, strings.Join(names, ", "))
}

// Config is the net: 1×28×28 images, ten classes.
func (n Net) Config() resnet.Config {
	return resnet.Config{Arch: n.Arch, Channels: 1, Height: 28, Width: 28, Classes: 10}
}

// Open opens the weights.
func (n Net) Open() (*checkpoint.File, error) { return open(n.Name) }

func open(name string) (*checkpoint.File, error) {
	data, err := files.ReadFile(name + ".safetensors")
	if err != nil {
		return nil, err
	}
	return checkpoint.Parse("builtin:"+name, data)
}

// The tensors of the file with the images.
const (
	Images = "images" // N×1×28×28, normalised
	Labels = "labels" // N classes
)

// Samples are the first test image of each class, normalised, and the classes.
func Samples() (*tensor.Tensor, []int, error) {
	f, err := open("fashion-samples")
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	images, err := f.Load(Images)
	if err != nil {
		return nil, nil, err
	}
	classes, err := f.Load(Labels)
	if err != nil {
		return nil, nil, err
	}
	labels := make([]int, len(classes.Data))
	for i, v := range classes.Data {
		labels[i] = int(v)
	}
	return images, labels, nil
}
