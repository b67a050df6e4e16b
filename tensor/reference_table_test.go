package tensor

import "testing"

// TestEveryKindHasAFormula: a kind that plans may have is one that the reference
// computes.
func TestEveryKindHasAFormula(t *testing.T) {
	list := formulas[float64]()
	for kind := Conv2d; int(kind) < len(kindNames); kind++ {
		if list[kind] == nil {
			t.Errorf("%v has no formula", kind)
		}
	}
}
