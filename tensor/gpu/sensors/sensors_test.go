package sensors

import (
	"os"
	"path/filepath"
	"testing"

	"resnet-tui/tensor"
)

var somewhere = Address{Bus: 0x41}

// system is a folder of devices with these files of the GPU somewhere.
func system(t *testing.T, files map[string]string) {
	t.Helper()
	before := devices
	t.Cleanup(func() { devices = before })
	devices = t.TempDir()
	for name, text := range files {
		path := filepath.Join(devices, somewhere.String(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFiles: each driver has files of its own; what it lacks, or is no number, is 0.
func TestFiles(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  tensor.Sensors
	}{
		"amdgpu": {map[string]string{
			"hwmon/hwmon3/temp1_input": "54000\n", "hwmon/hwmon3/temp2_input": "61000\n",
			"hwmon/hwmon3/power1_average": "231000000\n",
			"hwmon/hwmon3/freq1_label":    "sclk\n", "hwmon/hwmon3/freq1_input": "2475000000\n",
			"hwmon/hwmon3/freq2_label": "mclk\n", "hwmon/hwmon3/freq2_input": "1249000000\n",
		}, tensor.Sensors{ClockMHz: 2475, MemoryClockMHz: 1249, Celsius: 54, Watts: 231}},
		"amdgpu without an average": {map[string]string{"hwmon/hwmon0/power1_input": "9000000"}, tensor.Sensors{Watts: 9}},
		"i915":                      {map[string]string{"drm/card0/gt_act_freq_mhz": "1150\n"}, tensor.Sensors{ClockMHz: 1150}},
		"xe":                        {map[string]string{"tile0/gt0/freq0/act_freq": "2400\n"}, tensor.Sensors{ClockMHz: 2400}},
		"nothing":                   {nil, tensor.Sensors{}},
		"no numbers": {map[string]string{
			"hwmon/hwmon3/temp1_input": "N/A\n", "hwmon/hwmon3/power1_average": "", "hwmon/hwmon3/freq1_label": "sclk",
			"drm/card0/gt_act_freq_mhz": "-1",
		}, tensor.Sensors{}},
	} {
		system(t, c.files)
		if got := New(somewhere, 0x1002).Read(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestReadIsCheap: a reading counts for a while.
func TestReadIsCheap(t *testing.T) {
	system(t, map[string]string{"drm/card0/gt_act_freq_mhz": "1150"})
	r := New(somewhere, 0x8086)
	first := r.Read()
	system(t, map[string]string{"drm/card0/gt_act_freq_mhz": "300"})
	if got := r.Read(); got != first {
		t.Errorf("at once: %+v, then %+v", first, got)
	}
	r.read = r.read.Add(-fresh)
	if got := r.Read(); got.ClockMHz != 300 {
		t.Errorf("later: %+v", got)
	}
}

func TestAddress(t *testing.T) {
	if got := (Address{1, 0xc1, 2, 3}).String(); got != "0001:c1:02.3" {
		t.Error(got)
	}
}
