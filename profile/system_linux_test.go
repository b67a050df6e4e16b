package profile

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const stat = "cpu  100 1 50 9000 300 2 3 4 77 0\ncpu0 50 0 25 4500 150 1 1 2 0 0\ncpu1 50 1 25 4500 150 1 2 2 0 0\nintr 5\n"
	if busy, n := parseStat(stat); busy != 1600*time.Millisecond || n != 2 {
		t.Errorf("%v on %d processors", busy, n)
	}
	if busy, n := parseStat("nothing\n"); busy != 0 || n != 0 {
		t.Errorf("%v on %d processors", busy, n)
	}
}
