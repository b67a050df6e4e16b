package device

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	for _, name := range Names() {
		dev, err := Open(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if info := dev.Info(); info.ID != "cpu" || info.Cores < 1 {
			t.Errorf("%s is %+v", name, info)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOpenNothing: an error names the device, why it can't be had, and what can.
func TestOpenNothing(t *testing.T) {
	t.Setenv(libcudaVariable, "")
	for name, says := range map[string]string{
		"cuda":     "no CUDA device",
		"cuda:1":   "no CUDA device",
		"vulkan":   "no Vulkan device",
		"vulkan:0": "no Vulkan device",
		"tpu":      "unknown name",
		"cpu:0":    "unknown name",
		"":         "unknown name",
	} {
		dev, err := Open(name)
		var unknown *NameError
		if dev != nil || !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("%q: %v, %v", name, dev, err)
			continue
		}
		for _, part := range []string{`"` + name + `"`, says, "available: auto, cpu"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, want %q in it", name, err, part)
			}
		}
	}
}

func TestList(t *testing.T) {
	list, err := List()
	if err != nil || len(list) != 1 || list[0].ID != "cpu" || list[0].Name == "" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestFindCUDA(t *testing.T) {
	driver := filepath.Join(t.TempDir(), "libcuda.so.1")
	t.Setenv(libcudaVariable, driver)
	if c := FindCUDA(); c.Tried[0] != driver || len(c.Tried) != 1+len(cudaLibraries) || c.Driver == driver {
		t.Errorf("without a file: %+v", c)
	}
	if err := os.WriteFile(driver, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := FindCUDA(); c.Driver != driver || !strings.Contains(c.Reason(), driver) {
		t.Errorf("with a file: %+v, %s", c, c.Reason())
	}
}
