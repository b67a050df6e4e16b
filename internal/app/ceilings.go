package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// ceilingsFile is the cache of measured ceilings, by machine.
type ceilingsFile struct {
	Schema   string                     `json:"schema"`
	Machines map[string]machineCeilings `json:"machines"`
}

type machineCeilings struct {
	GFLOPS   float64   `json:"gflops"`
	GBPS     float64   `json:"gbps"`
	Measured time.Time `json:"measured"`
}

const ceilingsSchema = "resnet-tui/ceilings/1"

// machineKey tells machines and numbers of threads apart whose ceilings differ.
func machineKey(i tensor.Info, threads int) string {
	key := fmt.Sprintf("%s, %d cores, %s", i.Name, i.Cores, i.Kernels)
	if threads > 0 && threads < i.Cores {
		key += fmt.Sprintf(", %d threads", threads)
	}
	return key
}

func (v Service) ceilingsPath() string { return filepath.Join(v.CacheDir, "ceilings.json") }

// loadCeilings is what was measured on this machine before, if anything, with that
// number of threads (0: all cores). A cache that can't be read counts as empty.
func (v Service) loadCeilings(i tensor.Info, threads int) profile.Ceilings {
	m := v.readCeilings().Machines[machineKey(i, threads)]
	return profile.Ceilings{GFLOPS: m.GFLOPS, GBPS: m.GBPS}
}

func (v Service) readCeilings() ceilingsFile {
	var f ceilingsFile
	data, err := os.ReadFile(v.ceilingsPath())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Schema != ceilingsSchema || f.Machines == nil {
		f = ceilingsFile{Schema: ceilingsSchema, Machines: map[string]machineCeilings{}}
	}
	return f
}

// ceilings are the cached ones; where there are none, or anew is set, they are
// measured now, in under two seconds, and kept. Of two measurements the higher
// holds: whatever else ran meanwhile can only lower one.
func (v Service) ceilings(ctx context.Context, dev tensor.Device, threads int, anew bool) (profile.Ceilings, error) {
	i := dev.Info()
	c := v.loadCeilings(i, threads)
	if c.Known() && !anew {
		return c, nil
	}
	m, err := dev.Ceilings(ctx, threads)
	if err != nil {
		return c, err
	}
	c = profile.Ceilings{GFLOPS: max(c.GFLOPS, m.FLOPS/1e9), GBPS: max(c.GBPS, m.BytesPerSecond/1e9)}
	now := time.Now().UTC().Truncate(time.Second)
	v.keepCeilings(machineKey(i, threads), machineCeilings{c.GFLOPS, c.GBPS, now})
	return c, nil
}

// addCeilings puts a profile's layers under the roofs. A layer above its roof shows
// that the cached one was measured on a busy machine.
func (v Service) addCeilings(ctx context.Context, p *profile.Profile, dev tensor.Device) error {
	c, err := v.ceilings(ctx, dev, p.Device.Threads, false)
	p.SetCeilings(c)
	if err == nil && p.AboveRoof() {
		c, err = v.ceilings(ctx, dev, p.Device.Threads, true)
		p.SetCeilings(c)
	}
	return err
}

// keepCeilings adds a machine to the cache. Where it can't be written, the next
// start measures again.
func (v Service) keepCeilings(key string, m machineCeilings) {
	if v.CacheDir == "" || os.MkdirAll(v.CacheDir, 0o755) != nil {
		return
	}
	f := v.readCeilings()
	f.Machines[key] = m
	if data, err := json.MarshalIndent(f, "", "  "); err == nil {
		_ = WriteFile(v.ceilingsPath(), append(data, '\n'))
	}
}
