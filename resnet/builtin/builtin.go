// Package builtin holds the weights that are included in the program: a CIFAR ResNet-20
// and its plain twin, trained by this program on Fashion-MNIST (Xiao et al. 2017, arXiv
// 1708.07747), and ten images of its test set. To make them again:
//
//	for net in resnet20 plain20; do
//	  resnet-tui train --arch cifar_$net --data fashion-mnist --epochs 3 --lr 0.1 --schedule cosine \
//	    --lr-warmup 0.25 --weight-decay 5e-4 --save runs/$net
//	done
//	go run ./resnet/builtin/pack runs/resnet20/*epoch0003.safetensors runs/plain20/*epoch0003.safetensors
//
// The bits depend on the processor's kernels; the accuracies hardly do.
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

// Net is a net whose weights are included. The weights of convolutions and of the linear
// layer are float16, all other parameters are float32.
type Net struct {
	Name    string // "fashion-resnet20"
	Arch    string // "cifar_resnet20"
	Twin    string // the name of its plain twin, or of a plain net's residual twin
	Data    string // the data set: "fashion-mnist"
	Correct int    // correctly classified images of the 10,000 for testing, on AVX2 kernels
}

// Nets lists the nets that are included.
func Nets() []Net {
	return []Net{
		{"fashion-resnet20", "cifar_resnet20", "fashion-plain20", "fashion-mnist", 9222},
		{"fashion-plain20", "cifar_plain20", "fashion-resnet20", "fashion-mnist", 9182},
	}
}

// Find returns the net with a name. The error for an unknown name lists the known ones.
func Find(name string) (Net, error) {
	var names []string
	for _, n := range Nets() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Net{}, fmt.Errorf("no included weights are called %q: there are %s", name, strings.Join(names, ", "))
}

// Config returns the net's Config: 1×28×28 images and ten classes.
func (n Net) Config() resnet.Config {
	return resnet.Config{Arch: n.Arch, Channels: 1, Height: 28, Width: 28, Classes: 10}
}

// Open opens the weights. The File needn't be closed.
func (n Net) Open() (*checkpoint.File, error) { return open(n.Name) }

// open opens an embedded file.
func open(name string) (*checkpoint.File, error) {
	data, err := files.ReadFile(name + ".safetensors")
	if err != nil {
		return nil, err
	}
	return checkpoint.Parse("builtin:"+name, data)
}

// The names of the tensors in the file with the images.
const (
	Images = "images" // 10×1×28×28, normalised
	Labels = "labels" // 10 classes
)

// Samples returns the first test image of each class, 10×1×28×28 and normalised, and the
// labels.
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
