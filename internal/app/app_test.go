package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"resnet-tui/resnet"
)

// cache is the folder of ceilings, which are measured once for all tests.
var cache string

func TestMain(m *testing.M) {
	var err error
	if cache, err = os.MkdirTemp("", "app-test"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// service is one that keeps its history in a folder of the test.
func service(t *testing.T) Service {
	t.Helper()
	return Service{Version: "test", StateDir: filepath.Join(t.TempDir(), "state"), CacheDir: cache}
}

// tiny is a net that runs in no time.
func tiny(arch string) Spec {
	return Spec{Net: resnet.Config{Arch: arch, Height: 8, Width: 8, Batch: 2}, Run: Run{Threads: 1}}
}

// heard is a listener, and what it was told.
type heard struct {
	mu      sync.Mutex
	stages  map[string]int
	notices []string
}

func (h *heard) listener() Listener {
	h.stages = map[string]int{}
	return Listener{
		Progress: func(p Progress) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.stages[p.Stage]++
		},
		Notice: func(m Message) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.notices = append(h.notices, m.String())
		},
	}
}

// refusedFor fails unless err is the input's and says what is wanted.
func refusedFor(t *testing.T, err error, want string) {
	t.Helper()
	var input *InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v (%T), want an InputError with %q", err, err, want)
	}
}
