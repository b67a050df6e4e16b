package profile

import "testing"

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
