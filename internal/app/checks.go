package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"resnet-tui/profile/report"
	"resnet-tui/tensor"
)

// checksFile is the cache of self-checks, by what they hold for.
type checksFile struct {
	Schema string               `json:"schema"`
	Checks map[string]keptCheck `json:"checks"`
}

type keptCheck struct {
	When    time.Time           `json:"when"`
	Kernels int                 `json:"kernels"`
	Wrong   []report.InfoKernel `json:"wrong,omitempty"`
}

const checksSchema = "resnet-tui/checks/1"

// checks are the self-checks of devices that were made before: a device.Checks.
type checks struct{ service Service }

// Known is what a check of that key has found, if it was ever made.
func (c checks) Known(key string) (tensor.SelfCheck, bool) {
	k := c.read().Checks[key]
	found := tensor.SelfCheck{Key: key, When: k.When, Kernels: k.Kernels}
	for _, w := range k.Wrong {
		found.Wrong = append(found.Wrong, tensor.WrongKernel{Name: w.Kernel, What: w.What})
	}
	return found, k.Kernels > 0 // a check without kernels was none
}

// Keep keeps a check. Where the cache can't be written, the next start checks again.
func (c checks) Keep(found tensor.SelfCheck) {
	dir := c.service.CacheDir
	if dir == "" || os.MkdirAll(dir, 0o755) != nil {
		return
	}
	defer lockFile(c.path() + ".lock")()
	f := c.read()
	f.Checks[found.Key] = keptCheck{found.When, found.Kernels, report.NewInfoKernels(found.Wrong)}
	if data, err := json.MarshalIndent(f, "", "  "); err == nil {
		_ = WriteFile(c.path(), append(data, '\n'))
	}
}

func (c checks) path() string { return filepath.Join(c.service.CacheDir, "checks.json") }

// read reads the cache. One that can't be read counts as empty.
func (c checks) read() checksFile {
	var f checksFile
	data, err := os.ReadFile(c.path())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Schema != checksSchema || f.Checks == nil {
		f = checksFile{Schema: checksSchema, Checks: map[string]keptCheck{}}
	}
	return f
}

// announced are self-checks whose making a listener hears of: the first on a driver may
// take long.
type announced struct {
	checks
	listener Listener
}

// Known is that of checks. Who knows nothing checks next.
func (a announced) Known(key string) (tensor.SelfCheck, bool) {
	found, known := a.checks.Known(key)
	if !known {
		a.listener.progress(Progress{Stage: "self-check", Text: "checking the GPU's kernels, once on its driver"})
	}
	return found, known
}
