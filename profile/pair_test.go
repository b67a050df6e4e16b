package profile

import "testing"

func TestAlign(t *testing.T) {
	type element struct {
		path string
		n    int
	}
	path := func(e *element) string { return e.path }
	a := []element{{"layer1.0", 1}, {"layer1.1", 2}, {"layer2.0", 3}}
	b := []element{{"layer2.0", 4}, {"layer1.0", 5}, {"layer9.0", 6}, {"", 7}}
	want := []Pair[element]{
		{"layer1.0", &a[0], &b[1]}, {"layer1.1", &a[1], nil}, {"layer2.0", &a[2], &b[0]},
		{"layer9.0", nil, &b[2]}, {"", nil, &b[3]},
	}
	got := Align(a, b, path)
	if len(got) != len(want) {
		t.Fatalf("%d pairs, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("pair %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if got := Align(nil, nil, path); len(got) != 0 {
		t.Errorf("empty lists have pairs: %+v", got)
	}
}
