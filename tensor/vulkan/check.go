//go:build !nogpu

package vulkan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/gpu/selfcheck"
)

// checkKey names what a self-check of the device holds for.
func (p *physical) checkKey() string {
	return fmt.Sprintf("%s %04x:%04x, %s (%#x), kernels %s",
		p.name(), p.props.Vendor, p.props.Device, p.driverName(), p.props.Driver, shadersHash())
}

// shadersHash tells sets of kernels apart.
var shadersHash = sync.OnceValue(func() string {
	h := sha256.New()
	files, err := fs.Glob(shaders, "shaders/spv/*.spv")
	for _, f := range files {
		var code []byte
		if code, err = shaders.ReadFile(f); err != nil {
			break
		}
		fmt.Fprintln(h, f, len(code))
		h.Write(code)
	}
	if err != nil {
		panic(err) // they are in the program itself
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})

// Check compares all kernels with the reference. Programs that were compiled before keep
// theirs.
func (d *device) Check(ctx context.Context) (tensor.SelfCheck, error) {
	n, wrong, err := selfcheck.Run(ctx, d, d.traits, d.compile)
	if err != nil {
		return tensor.SelfCheck{}, fmt.Errorf("checking the kernels of %s (%s): %w", d.p.id(), d.p.name(), err)
	}
	c := tensor.SelfCheck{Key: d.p.checkKey(), When: time.Now().UTC().Truncate(time.Second), Kernels: n, Wrong: wrong}
	d.Trust(c)
	return c, nil
}

// Trust takes what an earlier check has found.
func (d *device) Trust(c tensor.SelfCheck) {
	var wrong []string
	for _, w := range c.Wrong {
		wrong = append(wrong, w.Name)
	}
	d.distrust(wrong)
}

// distrust sets the kernels that are not to be used.
func (d *device) distrust(kernels []string) {
	d.keep.Lock()
	defer d.keep.Unlock()
	d.wrong = kernels
}

// sound is what lowering must know, with the kernels that it must do without.
func (d *device) sound() gpu.Traits {
	d.keep.Lock()
	defer d.keep.Unlock()
	t := d.traits
	t.Wrong = d.wrong
	return t
}
