package builtin

import (
	"math"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// session returns a session of an included net.
func session(t *testing.T, n Net, batch int) *nn.Session {
	t.Helper()
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	c := n.Config()
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := n.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	source, err := f.Source(m.Params)
	if err != nil {
		t.Fatal(err)
	}
	s, err := nn.NewSession(t.Context(), dev, m.Model, nn.SessionOptions{Fuse: true, Source: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestSamples: both nets classify the included images correctly, except one or two.
func TestSamples(t *testing.T) {
	images, labels, err := Samples()
	if err != nil {
		t.Fatal(err)
	}
	if !images.Shape.Equal(tensor.Shape{10, 1, 28, 28}) || len(labels) != 10 {
		t.Fatalf("images %v, labels %v", images.Shape, labels)
	}
	for _, n := range Nets() {
		s := session(t, n, 10)
		if err := s.SetInput(images); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		logits, err := s.Logits()
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for i, label := range labels {
			if train.Top(train.Image(logits, i), 1)[0] == label {
				right++
			}
		}
		if right < 8 {
			t.Errorf("%s: %d of 10 right", n.Name, right)
		}
	}
}

// The accuracies that are written down hold on the first test images.
func TestAccuracy(t *testing.T) {
	const some = 1000
	data, err := vision.OpenData("fashion-mnist", vision.DataOptions{Split: vision.Test, Limit: some})
	if err != nil {
		t.Skip("Fashion-MNIST is not installed (Debian: dataset-fashion-mnist)")
	}
	for _, n := range Nets() {
		score, err := train.Evaluate(t.Context(), session(t, n, 50), tensor.Shape{50, 1, 28, 28}, data, nil)
		if err != nil {
			t.Fatal(err)
		}
		part, want := float64(score.Correct)/some, float64(n.Correct)/10000
		if math.Abs(part-want) > 0.03 {
			t.Errorf("%s: %.1f %% of the first %d right, %.2f %% of all", n.Name, 100*part, some, 100*want)
		}
	}
}

// The images are those of the data set, bit for bit.
func TestSamplesAreTheDataSets(t *testing.T) {
	data, err := vision.OpenData("fashion-mnist", vision.DataOptions{Split: vision.Test, Limit: 100})
	if err != nil {
		t.Skip("Fashion-MNIST is not installed (Debian: dataset-fashion-mnist)")
	}
	images, labels, err := Samples()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	image := make([]float32, 28*28)
	for i := range data.Len() {
		label, err := data.Read(i, image)
		if err != nil {
			t.Fatal(err)
		}
		if seen[label] {
			continue
		}
		seen[label] = true
		for j, v := range image {
			if images.Data[label*len(image)+j] != v || labels[label] != label {
				t.Fatalf("the sample of class %d is not test image %d", label, i)
			}
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d classes among the first images", len(seen))
	}
}

func TestFind(t *testing.T) {
	for _, n := range Nets() {
		if twin, err := Find(n.Twin); err != nil || twin.Twin != n.Name {
			t.Errorf("%s: twin %v, %v", n.Name, twin, err)
		}
	}
	if _, err := Find("resnet50"); err == nil {
		t.Error("resnet50 is included")
	}
}
