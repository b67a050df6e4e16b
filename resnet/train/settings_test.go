package train

import (
	"strings"
	"testing"
)

// TestContinuesSameData: a checkpoint resumes on the images that it was made on,
// however the numbers of their normalisation are written.
func TestContinuesSameData(t *testing.T) {
	const images = "cifar10, 50000 images of 3×32×32"
	for _, c := range []struct {
		was, is string
		same    bool
	}{
		{", mean 0.50, std 0.25", ", mean 0.5, std 0.25", true},
		{", mean 0.50,.5, 5e-1, std ", ", mean 0.5,0.5,0.5, std ", true},
		{", mean , std 1.0", ", mean , std 1", true},
		{"", "", true},
		{", mean 0.50, std 0.25", ", mean 0.51, std 0.25", false},
		{", mean 0.5,0.5, std ", ", mean 0.5, std 0.5", false},
		{", mean 0.5, std 0.25", "", false},
	} {
		old, s := options(nil).Settings, options(nil).Settings
		old.Data, s.Data = images+c.was, images+c.is
		err := s.continues(&old, 1, 5)
		if c.same != (err == nil) || err != nil && !strings.Contains(err.Error(), "data was "+old.Data) {
			t.Errorf("%q and %q: %v", c.was, c.is, err)
		}
	}
	old, s := options(nil).Settings, options(nil).Settings
	old.Data, s.Data = "patches/1.0", "patches/1"
	if s.continues(&old, 1, 5) == nil {
		t.Error("another folder counts as the same images")
	}
}
