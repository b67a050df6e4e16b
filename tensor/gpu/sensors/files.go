package sensors

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// devices is the folder where Linux has the devices of the PCI bus; other systems have
// no such folder.
var devices = "/sys/bus/pci/devices"

// readFiles reads the files of a GPU's driver. Those of amdgpu, nouveau, i915 and xe are
// described in the kernel's documentation: hwmon/sysfs-interface.rst, gpu/amdgpu/thermal.rst
// and ABI/testing/sysfs-driver-intel-i915-hwmon.
func readFiles(a Address) (s tensor.Sensors) {
	in := filepath.Join(devices, a.String())
	hwmon := func(name string) float64 { return number(filepath.Join(in, "hwmon", "hwmon*", name)) }
	s.Celsius = hwmon("temp1_input") / 1e3 // millidegrees
	for _, name := range []string{"power1_average", "power1_input"} {
		if s.Watts == 0 {
			s.Watts = hwmon(name) / 1e6 // microwatts
		}
	}
	for _, f := range frequencies(filepath.Join(in, "hwmon", "hwmon*", "freq*_label")) {
		switch f.name {
		case "sclk":
			s.ClockMHz = f.hertz / 1e6
		case "mclk":
			s.MemoryClockMHz = f.hertz / 1e6
		}
	}
	for _, name := range []string{"drm/card*/gt_act_freq_mhz", "tile0/gt0/freq0/act_freq"} {
		if s.ClockMHz == 0 {
			s.ClockMHz = number(filepath.Join(in, name))
		}
	}
	return s
}

// frequency is a clock by its name.
type frequency struct {
	name  string
	hertz float64
}

// frequencies reads the clocks whose labels match a pattern.
func frequencies(labels string) (list []frequency) {
	files, _ := filepath.Glob(labels) // the pattern is right
	for _, file := range files {
		if name, err := os.ReadFile(file); err == nil {
			input := strings.TrimSuffix(file, "_label") + "_input"
			list = append(list, frequency{strings.TrimSpace(string(name)), number(input)})
		}
	}
	return list
}

// number is what stands in the first file that matches a pattern: 0 if there is none, or
// no positive number in it.
func number(pattern string) float64 {
	files, _ := filepath.Glob(pattern)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil && v > 0 && v < 1e15 {
			return v
		}
	}
	return 0
}
