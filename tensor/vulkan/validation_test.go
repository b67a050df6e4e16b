//go:build !nogpu

package vulkan

import (
	"os"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// brokenVariable names an environment variable that, if set, has TestBroken run. A
// validation layer must object to each of its parts: testdata/vulkan/check.sh sees to it.
const brokenVariable = "RESNET_TUI_TEST_BROKEN"

// TestBroken does on purpose what validation is there to find.
func TestBroken(t *testing.T) {
	if os.Getenv(brokenVariable) == "" {
		t.Skip("it is for validation layers: testdata/vulkan/check.sh runs it")
	}
	t.Run("leak", leaks)
	t.Run("hazard", hazard)
	t.Run("bounds", bounds)
}

// leaks closes a device while there is a buffer.
func leaks(t *testing.T) {
	d := open(t)
	if _, err := d.allocate(4096, local); err != nil {
		t.Fatal(err)
	}
	d.Close()
}

// hazard runs a net whose kernels wait for nobody.
func hazard(t *testing.T) {
	p := threeReLUs(t, open(t))
	for _, st := range p.Steps {
		for i := range st.Kernels {
			st.Kernels[i].Wait = false
		}
	}
	runBroken(t, p)
}

// bounds has a kernel go beyond its buffers.
func bounds(t *testing.T) {
	p := threeReLUs(t, open(t))
	for _, st := range p.Steps {
		for i := range st.Kernels {
			if k := &st.Kernels[i]; k.Name == "map_relu" {
				k.Push[0] += 64 // the number of elements
			}
		}
	}
	runBroken(t, p)
}

// threeReLUs is a program whose commands are not recorded yet, so that a test can break it.
func threeReLUs(t *testing.T, d *device) *program {
	t.Helper()
	var b tensortest.Builder
	x := b.Input(1, 4, 8, 8)
	for range 3 {
		x = b.ReLU(x)
	}
	b.Output(x)
	s, err := d.NewState(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Compile(&b.Plan, s, tensor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*program)
}

func runBroken(t *testing.T, p *program) {
	t.Helper()
	if err := p.Run(t.Context(), tensor.RunOptions{}); err != nil {
		t.Fatal(err)
	}
}
