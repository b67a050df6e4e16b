package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// ceilingsFile is the cache of ceilings, by what has its own.
type ceilingsFile struct {
	Schema   string                     `json:"schema"`
	Machines map[string]machineCeilings `json:"machines"`
}

type machineCeilings struct {
	GFLOPS float64   `json:"gflops"`
	GBPS   float64   `json:"gbps"`
	Raised time.Time `json:"raised"` // when either was last measured or reached higher
}

const ceilingsSchema = "resnet-tui/ceilings/2"

// Roofs are the ceilings of what a bench runs on, and their place in the cache. Its
// methods are safe for concurrent use, but nothing else should run while they are
// measured.
type Roofs struct {
	service   Service
	device    tensor.Device // nil where nothing is to be measured
	threads   int           // 0: all cores
	precision tensor.Precision
	key       string // in the cache
}

// Roofs are those of a bench's device with its threads and its precision.
func (v Service) Roofs(b *Bench) *Roofs {
	return v.roofs(b.device, b.spec.Run.Threads, b.spec.Run.precision())
}

// roofs are those of a device.
func (v Service) roofs(dev tensor.Device, threads int, precision tensor.Precision) *Roofs {
	i := dev.Info()
	return &Roofs{service: v, device: dev, threads: threads, precision: precision, key: roofsKey(&i, threads, precision)}
}

// roofsKey tells apart what differs: machines, sets of kernels, precisions, numbers of
// threads, and drivers of a GPU.
func roofsKey(i *tensor.Info, threads int, precision tensor.Precision) string {
	if !i.Kind.IsCPU() {
		return fmt.Sprintf("%s, %s, %s, %s", i.Name, i.Driver, i.Kernels, precision)
	}
	key := fmt.Sprintf("%s, %d cores, %s, %s", i.Name, i.Cores, i.Kernels, precision)
	if threads > 0 && threads < i.Cores {
		key += fmt.Sprintf(", %d threads", threads)
	}
	return key
}

// Known are the highest ceilings that were measured or reached so far; zero if none
// were.
func (r *Roofs) Known() profile.Ceilings { return r.in(r.service.readCeilings()) }

func (r *Roofs) in(f ceilingsFile) profile.Ceilings {
	m := f.Machines[r.key]
	return profile.Ceilings{GFLOPS: m.GFLOPS, GBPS: m.GBPS}.Higher(profile.Ceilings{})
}

// Measure measures the ceilings anew, in about two seconds. It returns the highest so
// far, and keeps them: those of other precisions too, which were measured with them.
func (r *Roofs) Measure(ctx context.Context) (profile.Ceilings, error) {
	m, err := r.device.Ceilings(ctx, r.threads)
	if err != nil {
		return r.Known(), err
	}
	at := func(p tensor.Precision) profile.Ceilings {
		return profile.Ceilings{GFLOPS: m.At(p) / 1e9, GBPS: m.BytesPerSecond / 1e9}
	}
	for _, p := range r.device.Info().Precisions {
		if c := at(p); p != r.precision && c.Known() {
			r.service.roofs(r.device, r.threads, p).Keep(c)
		}
	}
	c := at(r.precision)
	if !c.Known() {
		i := r.device.Info()
		return r.Known(), fmt.Errorf("%s does not tell what it can do in %s", deviceName(&i), r.precision)
	}
	return r.Keep(c), nil
}

// Keep keeps ceilings that are higher than those so far, and returns the highest. Where
// the cache can't be written, the next start measures again.
func (r *Roofs) Keep(c profile.Ceilings) profile.Ceilings {
	v := r.service
	if v.CacheDir == "" || os.MkdirAll(v.CacheDir, 0o755) != nil {
		return c.Higher(r.Known())
	}
	defer lockFile(v.ceilingsPath() + ".lock")()
	f := v.readCeilings()
	old := r.in(f)
	if c = c.Higher(old); c == old {
		return c
	}
	f.Machines[r.key] = machineCeilings{c.GFLOPS, c.GBPS, time.Now().UTC().Truncate(time.Second)}
	if data, err := json.MarshalIndent(f, "", "  "); err == nil {
		_ = WriteFile(v.ceilingsPath(), append(data, '\n'))
	}
	return c
}

// orMeasure are the known ceilings; those of a machine without any are measured now.
func (r *Roofs) orMeasure(ctx context.Context) (profile.Ceilings, error) {
	if c := r.Known(); c.Known() {
		return c, nil
	}
	return r.Measure(ctx)
}

// addCeilings puts a profile's layers under the roofs. A layer above its roof shows that
// this was measured on a busy machine: it is measured again and, where the layer is
// still above it, raised to what that has reached.
func (v Service) addCeilings(ctx context.Context, p *profile.Profile, dev tensor.Device) error {
	precision, _ := tensor.PrecisionNamed(p.Device.Precision)
	roofs := v.roofs(dev, p.Device.Threads, precision)
	c, err := roofs.orMeasure(ctx)
	if p.SetCeilings(c); err != nil || p.AboveRoof() == nil {
		return err
	}
	_, err = roofs.Measure(ctx)
	p.SetCeilings(roofs.Keep(p.Reached(c)))
	return err
}

func (v Service) ceilingsPath() string { return filepath.Join(v.CacheDir, "ceilings.json") }

// readCeilings reads the cache. One that can't be read counts as empty.
func (v Service) readCeilings() ceilingsFile {
	var f ceilingsFile
	data, err := os.ReadFile(v.ceilingsPath())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Schema != ceilingsSchema || f.Machines == nil {
		f = ceilingsFile{Schema: ceilingsSchema, Machines: map[string]machineCeilings{}}
	}
	return f
}

// A lock is held for as long as it takes to write a small file. One that is older was
// left behind by a program that was killed.
const (
	lockWait = 5 * time.Millisecond
	lockAge  = 5 * time.Second
)

// lockFile makes other programs that call it with the same path wait until the function
// that it returns is called. Where the file can't be made, nothing can be written beside
// it either, and nobody waits.
func lockFile(path string) (unlock func()) {
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			f.Close() // it is empty
			return func() { os.Remove(path) }
		}
		if !errors.Is(err, fs.ErrExist) {
			return func() {}
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > lockAge {
			os.Remove(path)
			continue
		}
		time.Sleep(lockWait)
	}
}
