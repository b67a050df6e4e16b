package vision

import (
	_ "embed"
	"slices"
	"strings"
)

// imagenetNames are torchvision's names of the classes of ILSVRC 2012, one per line, in
// order.
//
//go:embed imagenet.txt
var imagenetNames string

// cifar10Names are the classes of CIFAR-10, in order.
var cifar10Names = []string{
	"airplane", "automobile", "bird", "cat", "deer",
	"dog", "frog", "horse", "ship", "truck",
}

// fashionNames are the classes of Fashion-MNIST, in order.
var fashionNames = []string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
	"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// Labels returns the class names of "imagenet", "cifar10", "fashion-mnist" or
// "synthetic", by label, or nil if that data set is unknown or has another number of
// classes.
func Labels(dataset string, classes int) []string {
	var names []string
	switch dataset {
	case "imagenet":
		names = strings.Split(strings.TrimSuffix(imagenetNames, "\n"), "\n")
	case "cifar10":
		names = slices.Clone(cifar10Names)
	case "fashion-mnist":
		names = slices.Clone(fashionNames)
	case "synthetic":
		names = syntheticNames()
	}
	if len(names) != classes {
		return nil
	}
	return names
}
