package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
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

// machineKey tells machines apart whose ceilings differ.
func machineKey(i tensor.Info) string {
	return fmt.Sprintf("%s, %d cores, %s", i.Name, i.Cores, i.Kernels)
}

func ceilingsPath() string { return filepath.Join(cacheDir(), "ceilings.json") }

// loadCeilings is what was measured on this machine before, if anything. A
// cache that can't be read is as good as none.
func loadCeilings(i tensor.Info) profile.Ceilings {
	m := readCeilings().Machines[machineKey(i)]
	return profile.Ceilings{GFLOPS: m.GFLOPS, GBPS: m.GBPS}
}

func readCeilings() ceilingsFile {
	f := ceilingsFile{Schema: ceilingsSchema}
	data, err := os.ReadFile(ceilingsPath())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Schema != ceilingsSchema || f.Machines == nil {
		f = ceilingsFile{Schema: ceilingsSchema, Machines: map[string]machineCeilings{}}
	}
	return f
}

// ceilings are the cached ones; where there are none, or anew is set, they are
// measured now, in under two seconds, and kept. Of two measurements the higher
// holds: what else ran meanwhile can only lower one.
func ceilings(ctx context.Context, i tensor.Info, anew bool) (profile.Ceilings, error) {
	c := loadCeilings(i)
	if c.Known() && !anew {
		return c, nil
	}
	gflops, gbps, err := cpu.Ceilings(ctx)
	if err != nil {
		return c, err
	}
	c = profile.Ceilings{GFLOPS: max(c.GFLOPS, gflops), GBPS: max(c.GBPS, gbps)}
	keepCeilings(i, machineCeilings{c.GFLOPS, c.GBPS, time.Now().UTC().Truncate(time.Second)})
	return c, nil
}

// addCeilings puts a profile's layers under the roofs. A layer above its roof
// shows that the cached one was measured on a busy machine. The ceilings hold
// for all cores only.
func addCeilings(ctx context.Context, p *profile.Profile, i tensor.Info) error {
	if p.Device.Threads != i.Cores {
		return nil
	}
	c, err := ceilings(ctx, i, false)
	p.SetCeilings(c)
	if err == nil && p.AboveRoof() {
		c, err = ceilings(ctx, i, true)
		p.SetCeilings(c)
	}
	return err
}

// keepCeilings adds a machine to the cache. Where it can't be written, the
// next start measures again.
func keepCeilings(i tensor.Info, m machineCeilings) {
	if cacheDir() == "" || os.MkdirAll(cacheDir(), 0o755) != nil {
		return
	}
	f := readCeilings()
	f.Machines[machineKey(i)] = m
	if data, err := json.MarshalIndent(f, "", "  "); err == nil {
		_ = writeFile(ceilingsPath(), append(data, '\n'))
	}
}
