package resnet

import (
	"testing"

	"resnet-tui/resnet/nn"
)

// TestAllocations bounds what a large net costs to build and to lower, which the
// screen does whenever a key changes the net. Time would say the same, but varies.
func TestAllocations(t *testing.T) {
	c := Config{Arch: "resnet101", Batch: 2}
	m, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	step := nn.TrainingStep(0, nn.SGD{Momentum: 0.9})
	for name, c := range map[string]struct {
		most float64 // a little above what it takes
		f    func() error
	}{
		"Build": {4000, func() error { _, err := Build(c); return err }},
		"Lower": {5300, func() error { _, err := m.Lower(step); return err }},
	} {
		got := testing.AllocsPerRun(3, func() {
			if err := c.f(); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.most {
			t.Errorf("%s makes %.0f allocations, more than %.0f", name, got, c.most)
		}
	}
}
