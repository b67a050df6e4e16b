package resnet

import (
	"fmt"
	"strings"
	"testing"
)

// TestFlagValues: each choice is read by the names that it prints.
func TestFlagValues(t *testing.T) {
	type value interface {
		fmt.Stringer
		Set(string) error
		Type() string
	}
	var c Config
	for _, v := range []value{&c.Family, &c.Variant, &c.Block, &c.Stem, &c.Shortcut, &c.Norm} {
		for _, name := range strings.Split(v.Type(), "|") {
			if err := v.Set(strings.ToUpper(name)); err != nil || v.String() != name {
				t.Errorf("%q is read as %v (%v)", name, v, err)
			}
			before := v.String()
			if err := v.Set(name + "x"); err == nil || !strings.Contains(err.Error(), name) || v.String() != before {
				t.Errorf("%qx is read as %v (%v)", name, v, err)
			}
		}
	}
}
