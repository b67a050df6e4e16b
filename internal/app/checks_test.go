package app

import (
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"resnet-tui/tensor"
)

var (
	checkedOn = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	right     = tensor.SelfCheck{Key: "Abacus RTX, driver 1", When: checkedOn, Kernels: 33}
	wrong     = tensor.SelfCheck{
		Key: "Abacus RTX, driver 2", When: checkedOn, Kernels: 33,
		Wrong: []tensor.WrongKernel{{Name: "map_relu", What: "ReLU is off by 0.5"}},
	}
)

// TestChecksAreKept by what they hold for: another driver's is another. The newest of a
// key stays.
func TestChecksAreKept(t *testing.T) {
	c := checks{cached(t)}
	if got, known := c.Known(right.Key); known {
		t.Errorf("an empty cache knows %+v", got)
	}
	c.Keep(right)
	c.Keep(wrong)
	for _, want := range []tensor.SelfCheck{right, wrong} {
		if got, known := c.Known(want.Key); !known || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, known, want)
		}
	}
	if got, known := c.Known("Abacus RTX, driver 3"); known {
		t.Errorf("another driver has %+v", got)
	}
	repaired := right
	repaired.Key = wrong.Key
	c.Keep(repaired)
	if got, known := c.Known(wrong.Key); !known || !got.Passed() {
		t.Errorf("after another check %+v, %v", got, known)
	}
}

// TestChecksFileMayBeBroken: what can't be read counts as unknown, and the next check
// repairs it.
func TestChecksFileMayBeBroken(t *testing.T) {
	for _, text := range []string{
		"", "{", "null", "[]", `{"schema":"other"}`, "\x00\xff",
		fmt.Sprintf(`{"schema":%q}`, checksSchema),
		fmt.Sprintf(`{"schema":%q,"checks":{%q:{}}}`, checksSchema, right.Key),
		fmt.Sprintf(`{"schema":%q,"checks":{%q:{"kernels":-3}}}`, checksSchema, right.Key),
		fmt.Sprintf(`{"schema":%q,"checks":{%q:{"kernels":"many"}}}`, checksSchema, right.Key),
	} {
		c := checks{cached(t)}
		if err := os.MkdirAll(c.service.CacheDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, known := c.Known(right.Key); known {
			t.Errorf("%q is taken for %+v", text, got)
		}
		c.Keep(right)
		if got, known := c.Known(right.Key); !known || !reflect.DeepEqual(got, right) {
			t.Errorf("%q: kept %+v, %v", text, got, known)
		}
	}
}

// TestChecksOfProgramsAtOnce: of programs that write at once, each one's check stays, the
// file is whole whenever it is read, and nothing is left beside it.
func TestChecksOfProgramsAtOnce(t *testing.T) {
	c := checks{cached(t)}
	c.Keep(right)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			own := right
			own.Key = fmt.Sprint("GPU ", i)
			c.Keep(own)
			if _, known := c.Known(right.Key); !known {
				t.Error("the file was not whole")
			}
		})
	}
	all.Wait()
	for i := range 20 {
		if _, known := c.Known(fmt.Sprint("GPU ", i)); !known {
			t.Errorf("the check of GPU %d is lost", i)
		}
	}
	if left, err := os.ReadDir(c.service.CacheDir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// TestChecksWithoutAFolder are not kept, which is no error.
func TestChecksWithoutAFolder(t *testing.T) {
	c := checks{Service{}}
	c.Keep(right)
	if _, known := c.Known(right.Key); known {
		t.Error("it is known")
	}
}
