package report

import (
	"io"
	"strconv"
	"strings"

	"resnet-tui/profile"
)

// Info describes what the program finds on this machine: processor, devices,
// measured ceilings, and where its files are.
type Info struct {
	Schema   string         `json:"schema"`
	Version  string         `json:"version"`
	CPU      CPU            `json:"cpu"`
	Devices  []InfoDevice   `json:"devices"`
	CUDA     CUDA           `json:"cuda"`
	Ceilings *profile.Roofs `json:"ceilings,omitempty"`
	Threads  int            `json:"ceilings_threads,omitempty"` // that the ceilings are of; 0 for all
	Paths    Paths          `json:"paths"`
}

// CPU describes the processor and the kernels that were chosen for it.
type CPU struct {
	Model    string   `json:"model"`
	Threads  int      `json:"threads"`  // used by default
	Features []string `json:"features"` // instruction sets that matter here
	Kernels  string   `json:"kernels"`  // instruction set of the kernels
	Why      string   `json:"why"`      // reason for the choice
}

// InfoDevice is a device that --device accepts.
type InfoDevice struct {
	ID     string `json:"id"` // as --device takes it
	Name   string `json:"name"`
	Memory int64  `json:"memory_bytes,omitempty"` // 0 if unknown
}

// CUDA says whether a CUDA GPU can be used and, if not, why, and which libraries
// were tried.
type CUDA struct {
	Found  bool     `json:"found"`
	Tried  []string `json:"tried"`
	Reason string   `json:"reason,omitempty"`
}

// Paths holds the paths of the configuration file and of the folders of history
// and caches.
type Paths struct {
	Config string `json:"config"`
	State  string `json:"state"`
	Cache  string `json:"cache"`
}

// Table has one row per fact.
func (i *Info) Table() Tabular {
	return Table[fact]{Rows: i.facts(), Columns: []Column[fact]{
		{"name", "what", left, func(f fact) Cell { return plain(f.name) }},
		{"value", "value", left, func(f fact) Cell { return plain(f.text) }},
	}}
}

// Text writes one line per fact.
func (i *Info) Text(w io.Writer) error { return i.facts().write(w) }

// facts returns everything as names and texts.
func (i *Info) facts() (f facts) {
	f.add("version", i.Version)
	f.add("processor", i.CPU.Model)
	f.add("threads", strconv.Itoa(i.CPU.Threads))
	f.add("instructions", strings.Join(i.CPU.Features, " "))
	f.add("kernels", i.CPU.Kernels+": "+i.CPU.Why)
	for _, d := range i.Devices {
		line := d.Name
		if d.Memory > 0 {
			line += ", " + profile.FormatBytes(d.Memory)
		}
		f.add("device "+d.ID, line)
	}
	if !i.CUDA.Found {
		f.add("cuda", "not found: "+i.CUDA.Reason)
	}
	for _, path := range i.CUDA.Tried {
		f.add("  tried", path)
	}
	if c := i.Ceilings; c != nil {
		on := "all threads"
		if i.Threads == 1 {
			on = "1 thread"
		} else if i.Threads > 0 {
			on = strconv.Itoa(i.Threads) + " threads"
		}
		f.addf("arithmetic", "%s GFLOP/s fp32 on %s, the highest measured or reached", profile.Significant(c.GFLOPS), on)
		f.addf("memory", "%s GB/s read on %s, the highest measured", profile.Significant(c.GBPS), on)
	}
	f.add("configuration", i.Paths.Config)
	f.add("state", i.Paths.State)
	f.add("cache", i.Paths.Cache)
	return f
}
