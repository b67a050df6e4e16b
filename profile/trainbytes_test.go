package profile

import (
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// TestTrainBytes adds up the CIFAR nets another way: there each convolution's
// output feeds a batch norm and each ReLU's a convolution or the pool.
func TestTrainBytes(t *testing.T) {
	for _, arch := range []string{"cifar_resnet20", "cifar_plain20", "cifar_resnet56"} {
		m, err := resnet.Build(resnet.Config{Arch: arch, Batch: 128})
		if err != nil {
			t.Fatal(err)
		}
		want := 4*(3*m.Total.Params+m.Total.Buffers) + m.Root.In.Bytes()
		for _, l := range m.Layers {
			switch l.Kind {
			case tensor.Conv2d, tensor.ReLU, tensor.AdaptiveAvgPool2d:
				want += l.Out.Bytes()
			}
		}
		want += 2 * tensor.Shape{128, 16, 32, 32}.Bytes() // the gradients around the widest layer
		if got := TrainBytes(m); got != want {
			t.Errorf("%s: %d, want %d", arch, got, want)
		}
	}
}

// TestTrainBytesPreAct: in a pre-activation net the sums are batch norms'
// inputs, so they are kept too.
func TestTrainBytesPreAct(t *testing.T) {
	m, err := resnet.Build(resnet.Config{Family: resnet.CIFAR, Depth: 20, Variant: resnet.V2})
	if err != nil {
		t.Fatal(err)
	}
	adds := int64(0)
	for _, l := range m.Layers {
		if l.Kind == tensor.Add {
			adds += l.Out.Bytes()
		}
	}
	rest := int64(0)
	for _, l := range m.Layers {
		switch l.Kind {
		case tensor.Conv2d:
			if l.Part != resnet.Branch || l.Path[len(l.Path)-1] == '1' { // a block's last convolution feeds the sum
				rest += l.Out.Bytes()
			}
		case tensor.ReLU, tensor.AdaptiveAvgPool2d:
			rest += l.Out.Bytes()
		}
	}
	want := 4*(3*m.Total.Params+m.Total.Buffers) + m.Root.In.Bytes() + adds + rest + 2*tensor.Shape{1, 16, 32, 32}.Bytes()
	if got := TrainBytes(m); got != want {
		t.Errorf("%d, want %d", got, want)
	}
}
