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

// ceilings are the cached ones, or else measured now, in under two seconds,
// and kept.
func ceilings(ctx context.Context, i tensor.Info) (profile.Ceilings, error) {
	if c := loadCeilings(i); c.Known() {
		return c, nil
	}
	gflops, gbps, err := cpu.Ceilings(ctx)
	if err != nil {
		return profile.Ceilings{}, err
	}
	keepCeilings(i, machineCeilings{gflops, gbps, time.Now().UTC().Truncate(time.Second)})
	return profile.Ceilings{GFLOPS: gflops, GBPS: gbps}, nil
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
