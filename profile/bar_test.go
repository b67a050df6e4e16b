package profile

import (
	"math"
	"testing"
)

func TestProgressBar(t *testing.T) {
	for _, c := range []struct {
		part  float64
		cells int
		want  string
	}{{0, 4, "····"}, {1, 4, "████"}, {2, 2, "██"}, {-1, 2, "··"}, {0.5, 3, "█▌·"}, {0.01, 2, "··"}, {0.99, 10, "█████████▉"}, {0.5, 0, ""}} {
		if got := ProgressBar(c.part, c.cells); got != c.want {
			t.Errorf("%v of %d cells: %q, want %q", c.part, c.cells, got, c.want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		part float64
		want string
	}{
		{0, ""}, {1, "████"}, {0.5, "██"}, {1.0 / 32, "▏"}, {0.34, "█▍"}, {-1, ""}, {2, "████"},
		{math.NaN(), ""}, {math.Inf(1), "████"}, {math.Inf(-1), ""},
	} {
		if got := Bar(c.part, 4); got != c.want {
			t.Errorf("Bar(%g) = %q, want %q", c.part, got, c.want)
		}
	}
}
