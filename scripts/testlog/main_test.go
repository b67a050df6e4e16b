package main

import (
	"strings"
	"testing"
)

// What go test -json writes of a package whose second test fails in a part of it.
const events = `{"ImportPath":"p.test","Action":"build-output","Output":"# p\n"}
not an event
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"    good.go:1: fine\n"}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":1.25}
{"Action":"run","Package":"p","Test":"TestBad"}
{"Action":"output","Package":"p","Test":"TestBad/part","Output":"    bad.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestBad/part/of","Elapsed":2.5}
{"Action":"output","Package":"p","Test":"TestBad/part","Output":"--- FAIL: TestBad/part (3.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestBad/part","Elapsed":3}
{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":4}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t5.0s\n"}
{"Action":"fail","Package":"p","Elapsed":5}
`

func TestLog(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(events), &out); err != nil {
		t.Fatal(err)
	}
	want := `# p
not an event
    bad.go:1: wrong
--- FAIL: TestBad/part (3.00s)
FAIL
FAIL	p	5.0s
slow     3.0 s  p  TestBad/part
slow     1.2 s  p  TestGood
`
	if got := out.String(); got != want {
		t.Errorf("the log is\n%s, want\n%s", got, want)
	}
}

func TestOnlySomeAreNamed(t *testing.T) {
	passes := strings.Repeat(`{"Action":"pass","Package":"p","Test":"TestMany","Elapsed":1}`+"\n", 3*slowest)
	var out strings.Builder
	if err := run(strings.NewReader(passes), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "slow "); n != slowest {
		t.Errorf("%d tests are named, not %d", n, slowest)
	}
}

func TestOutputOfAPanicIsPrinted(t *testing.T) {
	const events = `{"Action":"output","Package":"p","Test":"TestStops","Output":"panic: stop\n"}
{"Action":"output","Package":"q","Test":"TestGoesOn","Output":"    q.go:1: so far\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t5.0s\n"}
{"Action":"fail","Package":"p","Elapsed":5}
`
	var out strings.Builder
	if err := run(strings.NewReader(events), &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "panic: stop\nFAIL\tp\t5.0s\n"; got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
}
