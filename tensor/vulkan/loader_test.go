//go:build !nogpu

package vulkan

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// TestLibraries: each system's loader has a name of its own, and a variable goes before.
func TestLibraries(t *testing.T) {
	for system, want := range map[string]string{
		"linux": "libvulkan.so.1", "freebsd": "libvulkan.so.1", "windows": "vulkan-1.dll", "darwin": "libMoltenVK.dylib",
	} {
		if names := librariesOn(system); !slices.Contains(names, want) {
			t.Errorf("on %s: %v, without %s", system, names, want)
		}
		if remedyOn(system) == "" {
			t.Errorf("on %s nothing says where a loader comes from", system)
		}
	}
	t.Setenv(libraryVariable, "/opt/mine.so")
	if names := Libraries(); !slices.Equal(names, []string{"/opt/mine.so"}) {
		t.Errorf("the variable gives %v", names)
	}
}

// TestNoLoader: a library that is none, or none of Vulkan's, is an error that says what
// was tried and what to do.
func TestNoLoader(t *testing.T) {
	text := filepath.Join(t.TempDir(), "loader.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	libc := map[string]string{"linux": "libc.so.6", "darwin": "libSystem.dylib", "windows": "kernel32.dll"}[runtime.GOOS]
	for _, name := range []string{"", filepath.Join(t.TempDir(), "none.so"), text, t.TempDir(), libc} {
		t.Setenv(libraryVariable, name)
		tried := name
		if name == "" {
			tried = "libno-such-vulkan.so"
		}
		_, err := connectBy([]string{tried})
		var none *LoaderError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), tried) {
			t.Errorf("%s: %v", tried, err)
			continue
		}
		if name == "" && !strings.Contains(err.Error(), ": install ") || name != "" && !strings.Contains(err.Error(), libraryVariable+" names no Vulkan loader") {
			t.Errorf("%s: %q does not say what to do", tried, err)
		}
	}
}

// TestSecondLibrary: a library that is no loader does not hide the one after it.
func TestSecondLibrary(t *testing.T) {
	needDevice(t)
	in, err := connectBy(append([]string{t.TempDir()}, Libraries()...))
	if err != nil || len(in.devices) == 0 {
		t.Fatal(err)
	}
	in.DestroyInstance.Call(in.handle, 0)
}

// lavapipe is the manifest of a driver that works without a GPU.
const lavapipe = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"

// manifest writes the manifest of a driver.
func manifest(t *testing.T, library string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"file_format_version": "1.0.0", "ICD": map[string]string{"library_path": library, "api_version": "1.3.0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, string(text))
}

// write makes a file with that text, as a driver's manifest is named.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "driver.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// needLavapipe skips a test where Mesa's lavapipe or a loader for it is missing.
func needLavapipe(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(lavapipe); err != nil {
		t.Skip("no lavapipe: ", err)
	}
	if _, err := vk.Open(librariesOn(runtime.GOOS)[0], "vkGetInstanceProcAddr"); err != nil {
		t.Skip("no Vulkan loader: ", err)
	}
}

// TestDrivers: no driver, or broken ones, is an error that names them; beside one that
// works they are a note. Which of a manifest's faults a loader survives is the loader's
// own affair.
func TestDrivers(t *testing.T) {
	needLavapipe(t)
	missing := filepath.Join(t.TempDir(), "gone.so")
	for name, c := range map[string]struct {
		files []string
		says  string // the error, or else the problem
		works bool
	}{
		"none":               {[]string{filepath.Join(t.TempDir(), "gone.json")}, "no driver works", false},
		"a missing library":  {[]string{manifest(t, missing)}, missing, false},
		"a text":             {[]string{manifest(t, lavapipe)}, lavapipe, false},
		"no driver's":        {[]string{manifest(t, "libc.so.6")}, "libc.so.6", false},
		"bad JSON":           {[]string{write(t, "{")}, "driver.json", false},
		"missing, then good": {[]string{manifest(t, missing), lavapipe}, missing, true},
		"text, then good":    {[]string{manifest(t, lavapipe), lavapipe}, lavapipe, true},
		"good, then none":    {[]string{lavapipe, manifest(t, "libc.so.6")}, "libc.so.6", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("VK_DRIVER_FILES", "") // so that it comes back
			os.Unsetenv("VK_DRIVER_FILES")
			t.Setenv("VK_ICD_FILENAMES", strings.Join(c.files, string(filepath.ListSeparator)))
			in, err := connectBy(librariesOn(runtime.GOOS))
			if err == nil {
				defer in.DestroyInstance.Call(in.handle, 0)
			}
			switch {
			case c.works && (err != nil || len(in.devices) != 1 || !strings.Contains(strings.Join(in.problems, "\n"), c.says)):
				t.Errorf("%v; it should work, and note %q", err, c.says)
			case !c.works && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "VK_ICD_FILENAMES=")):
				t.Errorf("%v; it should name %q and the variable", err, c.says)
			}
		})
	}
}

// TestBadManifestBesideAGoodDriver: some loaders then give up as a whole, and others use the
// good one. Either way the file is named, and that it should go.
func TestBadManifestBesideAGoodDriver(t *testing.T) {
	needLavapipe(t)
	bad := write(t, "{")
	t.Setenv("VK_DRIVER_FILES", "") // so that it comes back
	os.Unsetenv("VK_DRIVER_FILES")
	t.Setenv("VK_ICD_FILENAMES", bad+string(filepath.ListSeparator)+lavapipe)
	in, err := connectBy(librariesOn(runtime.GOOS))
	if err == nil {
		defer in.DestroyInstance.Call(in.handle, 0)
		if !strings.Contains(strings.Join(in.problems, "\n"), bad) {
			t.Errorf("it works, and notes %q", in.problems)
		}
		return
	}
	for _, want := range []string{bad, "mend or remove that file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestLeftOut: a device that fails is left out, and those beside it stay.
func TestLeftOut(t *testing.T) {
	needDevice(t)
	in, err := connectBy(librariesOn(runtime.GOOS))
	if err != nil {
		t.Fatal(err)
	}
	defer in.DestroyInstance.Call(in.handle, 0)
	all := len(in.devices)
	if all == 0 {
		t.Skip("no device")
	}
	first := in.devices[0].handle
	whole := in.EnumerateDeviceExtensionProperties
	in.EnumerateDeviceExtensionProperties = command(func(h, layer, n, list uintptr) uintptr {
		if h == uintptr(first) {
			return failure(-1)
		}
		return whole.Address(vk.Handle(h), vk.Handle(layer), vk.Handle(n), vk.Handle(list))
	})
	in.devices, in.problems = nil, nil
	if err := in.enumerate(); err != nil || len(in.devices) != all-1 {
		t.Errorf("%d devices of %d, %v", len(in.devices), all, err)
	}
	if len(in.problems) != 1 || !strings.Contains(in.problems[0], "out of host memory") {
		t.Errorf("problems %q", in.problems)
	}
	if all == 1 {
		if _, err := in.choose(0); err == nil || !strings.Contains(err.Error(), "is left out") {
			t.Errorf("choosing among none: %v", err)
		}
	}
}

// TestSlowDrivers: drivers that never answer are an error, not a program that hangs.
func TestSlowDrivers(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	_, err := within(time.Millisecond, func() (*instance, error) { <-stop; return nil, nil })
	if err == nil || !strings.Contains(err.Error(), "do not answer after 1ms") {
		t.Errorf("%v", err)
	}
}

// TestNumbers: a number that no device has is an error that names those there are.
func TestNumbers(t *testing.T) {
	needDevice(t)
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Config{Number: len(list)})
	if err == nil || !strings.Contains(err.Error(), "there is vulkan:0 (") {
		t.Errorf("%v", err)
	}
	if !slices.ContainsFunc(list, func(i tensor.Info) bool { return i.Kind != tensor.KindSoftware }) {
		if _, err := New(Config{Number: -1}); err == nil || !strings.Contains(err.Error(), "by its number: vulkan:0 (") {
			t.Errorf("the best of software renderers: %v", err)
		}
	}
}
