package profile

import (
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// TrainBytes is what a step of training with momentum holds at once at least,
// in float32 and for the whole batch:
//
//	3·parameters (weights, gradients, momentum) + running statistics
//	+ every value that backward needs: the inputs of convolutions, linear
//	  layers and batch norms, the outputs of ReLUs, and a byte a result of max
//	  pools for where the maximum was
//	+ the largest gradient of an output together with its input's
//
// Copies that a device packs for its kernels come on top.
func TrainBytes(m *resnet.Model) int64 {
	kept := map[int]bool{} // layers whose results backward needs, −1 is the image
	var indices, gradients int64
	for _, l := range m.Layers {
		switch l.Kind {
		case tensor.Conv2d, tensor.Linear, tensor.BatchNorm2d:
			for _, i := range l.Inputs {
				kept[storage(m, i)] = true
			}
		case tensor.ReLU:
			kept[l.Index] = true
		case tensor.MaxPool2d:
			indices += int64(l.Out.Elems())
		}
		gradients = max(gradients, l.In.Bytes()+l.Out.Bytes())
	}
	total := 4*(3*m.Total.Params+m.Total.Buffers) + indices + gradients
	for i := range kept {
		if i < 0 {
			total += m.Root.In.Bytes()
		} else {
			total += m.Layers[i].Out.Bytes()
		}
	}
	return total
}

// storage is the layer that wrote the memory which layer i's result lies in:
// flattening moves nothing.
func storage(m *resnet.Model, i int) int {
	for i >= 0 && m.Layers[i].Kind == tensor.Flatten {
		i = m.Layers[i].Inputs[0]
	}
	return i
}
