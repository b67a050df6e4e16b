package profile

import (
	"encoding/json"
	"strings"
	"testing"

	"resnet-tui/resnet"
)

// TestDescribe: what is as in the papers is left out, and what isn't is there.
func TestDescribe(t *testing.T) {
	for arch, want := range map[string]string{
		"resnet50":                "",
		"cifar_resnet20":          "",
		"resnet18d":               `"shortcut":"D","stem":"deep"`,
		"vgg11":                   "",
		"resnet18_3x3":            `"stem":"3x3"`,
		"plain18_3x3":             `"stem":"3x3"`,
		"resnet34_a_end":          `"shortcut":"A-end"`,
		"resnext14_8x16d_1x1x1x1": `"blocks":[1,1,1,1],"groups":8,"width_per_group":16`,
		"cifar_resnet26_3x4x5":    `"blocks":[3,4,5]`,
	} {
		m, err := resnet.Build(resnet.Config{Arch: arch})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(Describe(m, ""))
		if err != nil {
			t.Fatal(err)
		}
		if want != "" && !strings.Contains(string(text), want) {
			t.Errorf("%s is described as %s, without %s", arch, text, want)
		}
		for _, field := range []string{"stem", "blocks", "groups", "width_per_group"} {
			if field = `"` + field + `"`; strings.Contains(string(text), field) && !strings.Contains(want, field) {
				t.Errorf("%s is described as %s, with %s", arch, text, field)
			}
		}
	}
}
