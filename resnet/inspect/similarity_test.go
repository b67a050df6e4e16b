package inspect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

func TestStations(t *testing.T) {
	for arch, want := range map[string][]string{
		"resnet18":        {"maxpool", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0", "layer4.1", "avgpool"},
		"cifar_resnet8":   {"relu", "layer1.0", "layer2.0", "layer3.0", "avgpool"},
		"cifar_plain8":    {"relu", "layer1.0", "layer2.0", "layer3.0", "avgpool"},
		"cifar_resnet8v2": {"conv1", "layer1.0", "layer2.0", "layer3.0", "avgpool"},
		"vgg19":           {"features.4", "features.9", "features.18", "features.27", "features.36", "avgpool"},
	} {
		c := resnet.Config{Arch: arch}
		if arch == "cifar_resnet8v2" {
			c = resnet.Config{Depth: 8, Family: resnet.CIFAR, Variant: resnet.V2}
		}
		m, err := resnet.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range Stations(m.Model) {
			got = append(got, p.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", arch, got, want)
		}
	}
}

// TestDivide: sweeps have every feature once, and no more than fit.
func TestDivide(t *testing.T) {
	sizes := []int{64, 5000, 1, 4096, 1025, 20000}
	for _, most := range []int{1024, 3000, 1 << 20} {
		covered := make([][]int, len(sizes))
		for _, sweep := range divide(sizes, most) {
			total := 0
			for _, s := range sweep {
				total += s.to - s.from
				if s.to < sizes[s.place] && (s.to-s.from)%productRows != 0 {
					t.Errorf("at most %d: %+v is filled up in the middle of its place", most, s)
				}
				covered[s.place] = append(covered[s.place], s.from, s.to)
			}
			if total > most || total == 0 {
				t.Errorf("a sweep of %d features, at most %d", total, most)
			}
		}
		for place, ends := range covered {
			if ends[0] != 0 || ends[len(ends)-1] != sizes[place] {
				t.Errorf("at most %d, %d features: %v", most, sizes[place], ends)
			}
			for i := 1; i+1 < len(ends); i += 2 {
				if ends[i] != ends[i+1] {
					t.Errorf("at most %d, %d features: %v", most, sizes[place], ends)
				}
			}
		}
	}
}

// TestGrams: what a device multiplies in batches and sweeps gives the similarities of
// float64, although the mean of features is large beside their spread.
func TestGrams(t *testing.T) {
	const images = 10
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	random := rand.New(rand.NewPCG(5, 6))
	x, y := tensor.New(images, 3, 20, 25), tensor.New(images, 2048, 1, 1)
	for i := range x.Data {
		x.Data[i] = 30 + float32(random.NormFloat64())
	}
	for i := range y.Data {
		y.Data[i] = x.Data[i%len(x.Data)/3] + float32(random.NormFloat64())
	}
	all := []*tensor.Tensor{x, y}
	exact := []*Gram{exactGram(x), exactGram(y)}
	places := []Place{{Layer: &nn.Layer{Out: x.Shape}}, {Layer: &nn.Layer{Out: y.Shape}}}
	for _, tt := range []struct {
		batch int
		bytes int64
	}{{10, 1 << 30}, {4, 1 << 30}, {3, 2048 * images * 4}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			g, err := newGrams(dev, places, images, 1, tt.bytes)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			runSweeps(t, g, all, tt.batch)
			for _, e := range []Estimator{Debiased, Biased} {
				got, want := CKA(g.Grams, g.Grams, e), CKA(exact, exact, e)
				for i := range got {
					for j := range got[i] {
						if math.Abs(got[i][j]-want[i][j]) > 1e-6 {
							t.Errorf("%s %d, %d: %v, want %v", e, i, j, got[i][j], want[i][j])
						}
					}
				}
			}
		})
	}
}

// runSweeps adds all images in batches of which the last is filled up.
func runSweeps(t *testing.T, g *Grams, all []*tensor.Tensor, batch int) {
	for sweep := range g.Sweeps() {
		g.Begin(sweep)
		for from := 0; from < g.images; from += batch {
			n := min(batch, g.images-from)
			err := g.Add(n, func(place int) (*tensor.Tensor, error) {
				per := all[place].Shape[1:].Elems()
				part := tensor.New(append(tensor.Shape{batch}, all[place].Shape[1:]...)...)
				copy(part.Data, all[place].Data[from*per:(from+n)*per])
				return part, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := g.End(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// exactGram multiplies in float64.
func exactGram(x *tensor.Tensor) *Gram {
	n, per := x.Shape[0], x.Shape[1:].Elems()
	g := &Gram{N: n}
	for i := range n {
		for j := range n {
			sum := 0.0
			for f := range per {
				sum += float64(x.Data[i*per+f]) * float64(x.Data[j*per+f])
			}
			g.Sum = append(g.Sum, sum)
		}
	}
	return g
}
