//go:build !nogpu

package oracle_test

import (
	"os"
	"strconv"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan"
)

// openVulkan opens the Vulkan device whose number an environment variable has, and skips the
// test if it has none.
func openVulkan(t *testing.T) tensor.Device {
	t.Helper()
	const variable = "RESNET_TUI_TEST_VULKAN"
	text := os.Getenv(variable)
	if text == "" {
		t.Skipf("%s is not set to the number of a device", variable)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := vulkan.New(vulkan.Config{Number: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// quick skips what takes a software renderer, or the reference, long.
func quick(t *testing.T, m *resnet.Model, batch int) {
	t.Helper()
	if m.Total.MACs*int64(batch) > 1e8 {
		t.Skip("a large net")
	}
}

// TestVulkanIsPyTorch compares a Vulkan device with the goldens of small nets.
func TestVulkanIsPyTorch(t *testing.T) {
	dev := openVulkan(t)
	names, err := oracle.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			g, err := oracle.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			p := pass{golden: g, model: build(t, g), want: g.Eval}
			quick(t, p.model, g.Shape[0])
			p.source = newWeights(t, oracle.Source{}, p.model.Params)
			t.Run("eval", func(t *testing.T) { p.checkDevice(t, dev) })
			if p.train, p.want = true, g.Train; g.Train != nil {
				t.Run("train", func(t *testing.T) { p.checkDevice(t, dev) })
			}
		})
	}
}

// TestVulkanGradientsArePyTorch compares its gradients.
func TestVulkanGradientsArePyTorch(t *testing.T) {
	dev := openVulkan(t)
	names, err := oracle.GradientNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			g, err := oracle.LoadGradients(name)
			if err != nil {
				t.Fatal(err)
			}
			s := step{model: build(t, &oracle.Golden{Arch: g.Arch, Shape: g.Shape, Classes: g.Classes})}
			quick(t, s.model, g.Shape[0])
			s.source = newWeights(t, oracle.Source{}, s.model.Params)
			for _, s.want = range []*oracle.Backward{g.Eval, g.Train} {
				if s.want == nil {
					continue
				}
				s.train = s.want == g.Train
				r := &oracle.Step{Reference: s.reference(t, s.lower(t))}
				s.checkOn(t, dev, tensor.Options{Fuse: true}, r)
			}
		})
	}
}
