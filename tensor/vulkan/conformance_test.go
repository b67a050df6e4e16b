//go:build !nogpu

package vulkan

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// numberVariable names an environment variable with the number of the device to test. Without
// it that is the first; if it is a software renderer, tests are short, for in full they take
// minutes on one.
const numberVariable = "RESNET_TUI_TEST_VULKAN"

func TestMain(m *testing.M) {
	flag.Parse()
	useShaders(os.Getenv(shadersVariable))
	if list, err := List(); os.Getenv(numberVariable) == "" && err == nil && len(list) > 0 && list[0].Kind == tensor.KindSoftware {
		flag.Set("test.short", "true")
	}
	m.Run()
}

// number is the device to test.
func number(t testing.TB) int {
	t.Helper()
	text := os.Getenv(numberVariable)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", numberVariable, err)
	}
	return n
}

// needDevice skips a test where there is no Vulkan device, and says so.
func needDevice(t testing.TB) {
	t.Helper()
	list, err := List()
	if os.Getenv(numberVariable) != "" && err != nil {
		t.Fatal(err)
	}
	if err != nil || len(list) == 0 {
		t.Skipf("no Vulkan device to test on (Mesa's lavapipe is one): %v", err)
	}
}

// open opens the device to test.
func open(t testing.TB) *device {
	t.Helper()
	needDevice(t)
	d, err := New(Config{Number: number(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(*device)
}

// TestTransfers moves more than the staging memory holds.
func TestTransfers(t *testing.T) {
	d := open(t)
	want := make([]float32, stagingBytes/4+1001)
	for i := range want {
		want[i] = float32(i)
	}
	m, err := d.allocate(int64(len(want))*4+64, local)
	if err != nil {
		t.Fatal(err)
	}
	defer m.free()
	at := place{m, 64, m.bytes - 64}
	if err := d.upload(at, want); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(want))
	if err := d.download(got, at); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("what comes back is not what was sent")
	}
}

// TestConforms holds the device to what any device must do.
func TestConforms(t *testing.T) {
	needDevice(t)
	n := number(t)
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	tensortest.Run(t, func() (tensor.Device, error) { return New(Config{Number: n}) },
		tensortest.Precisions(list[n].Precisions[1:]...),
		tensortest.Prepare(func(p tensor.Program) { poison(p.(*program)) }))
}

// poison fills a program's memory with NaN, so that reading it before writing it shows.
func poison(p *program) {
	nan := float32(math.NaN())
	for _, m := range p.arena {
		x := make([]float32, m.bytes/4)
		for i := range x {
			x[i] = nan
		}
		if err := p.dev.upload(place{m, 0, m.bytes}, x); err != nil {
			panic(fmt.Sprint("poisoning the arena: ", err))
		}
	}
}
