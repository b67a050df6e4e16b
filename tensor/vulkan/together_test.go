//go:build !nogpu

package vulkan

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"unsafe"

	"resnet-tui/tensor/tensortest"
)

// childVariable tells a process of the test that it is one of several.
const childVariable = "RESNET_TUI_TEST_TOGETHER"

// TestTogether: several processes, each with several devices at once, do not disturb each
// other: all compute the same bits.
func TestTogether(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		fmt.Printf("result %x\n", together(t))
		return
	}
	want := fmt.Sprintf("result %x", together(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			c := exec.Command(self, "-test.run", "^TestTogether$", "-test.count", "1")
			c.Env = append(os.Environ(), childVariable+"=1")
			text, err := c.CombinedOutput()
			if got := regexp.MustCompile("result .*").Find(text); err != nil || string(got) != want {
				t.Errorf("%v\n%s\nwant %s", err, text, want)
			}
		})
	}
	wait.Wait()
}

// together opens the device several times at once, and returns the digest of the logits
// that each gets.
func together(t *testing.T) [sha256.Size]byte {
	needDevice(t)
	b, logits := tensortest.SmallNet(true, 2)
	b.Output(logits)
	n := number(t)
	digests := make([][sha256.Size]byte, 3)
	var wait sync.WaitGroup
	for i := range digests {
		wait.Go(func() {
			d, err := New(Config{Number: n})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			for range 5 {
				out, err := use(d.(*device), &b.Plan)
				if err != nil {
					t.Error(err)
					return
				}
				digests[i] = sha256.Sum256(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(out))), 4*len(out)))
			}
		})
	}
	wait.Wait()
	for i, d := range digests {
		if d != digests[0] {
			t.Errorf("device %d computes other bits", i)
		}
	}
	return digests[0]
}
