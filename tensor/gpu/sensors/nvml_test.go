//go:build !nogpu && linux && (amd64 || arm64)

package sensors

import (
	"os/exec"
	"path/filepath"
	"testing"

	"resnet-tui/tensor"
)

// TestNVML asks a stand-in for NVIDIA's library: for a GPU that it has, without a sensor
// of power, and for one that it hasn't.
func TestNVML(t *testing.T) {
	library := filepath.Join(t.TempDir(), "libnvidia-ml.so.1")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, "testdata/nvml.c").CombinedOutput(); err != nil {
		t.Skipf("no C compiler that works: %v %s", err, out)
	}
	nvmlLibrary = library
	system(t, nil)
	want := tensor.Sensors{ClockMHz: 1980, MemoryClockMHz: 2619, Celsius: 41}
	if got := New(somewhere, vendorNVIDIA).Read(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := New(Address{Bus: 0x42}, vendorNVIDIA).Read(); got != (tensor.Sensors{}) {
		t.Errorf("a GPU that is not there: %+v", got)
	}
	if got := New(somewhere, 0x1002).Read(); got != (tensor.Sensors{}) {
		t.Errorf("another vendor's GPU: %+v", got)
	}
}
