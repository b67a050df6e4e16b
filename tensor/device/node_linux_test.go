package device

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShowsGPU: what is known to be integrated or virtual is no reason to load drivers.
func TestShowsGPU(t *testing.T) {
	type card struct{ place, vendor string }
	intel, arc, amd := card{"0000:00:02.0", "0x8086"}, card{"0000:03:00.0", "0x8086"}, card{"0000:03:00.0", "0x1002"}
	for name, c := range map[string]struct {
		files []string
		cards []card
		want  bool
	}{
		"nothing":              {},
		"NVIDIA's driver":      {files: []string{"dev/nvidia0"}, want: true},
		"NVIDIA's tool alone":  {files: []string{"dev/nvidiactl"}},
		"WSL":                  {files: []string{"dev/dxg"}, want: true},
		"Intel, integrated":    {cards: []card{intel}},
		"Intel, discrete":      {cards: []card{arc}, want: true},
		"AMD":                  {cards: []card{amd}, want: true},
		"Intel's and another":  {cards: []card{intel, amd}, want: true},
		"a hypervisor's":       {cards: []card{{"0000:00:02.0", "0x1af4"}}},
		"one without a vendor": {cards: []card{{"soc", ""}}, want: true},
	} {
		root := t.TempDir()
		put := func(file, text string) {
			path := filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range c.files {
			put(file, "")
		}
		for i, card := range c.cards {
			node := "renderD" + string(rune('8'+i))
			put("dev/dri/"+node, "")
			put("sys/devices/"+card.place+"/uevent", "")
			if card.vendor != "" {
				put("sys/devices/"+card.place+"/vendor", card.vendor+"\n")
			}
			put("sys/class/drm/"+node+"/dev", "")
			if err := os.Symlink(filepath.Join(root, "sys/devices", card.place), filepath.Join(root, "sys/class/drm", node, "device")); err != nil {
				t.Fatal(err)
			}
		}
		if got := showsGPU(root); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
