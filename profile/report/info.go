package report

import (
	"fmt"
	"io"
	"strings"

	"resnet-tui/profile"
)

// Info is what the program finds on this machine.
type Info struct {
	Schema   string         `json:"schema"`
	Version  string         `json:"version"`
	CPU      CPU            `json:"cpu"`
	Devices  []InfoDevice   `json:"devices"`
	CUDA     CUDA           `json:"cuda"`
	Ceilings *profile.Roofs `json:"ceilings,omitempty"`
	Paths    Paths          `json:"paths"`
}

// CPU is the processor and the kernels chosen for it.
type CPU struct {
	Model    string   `json:"model"`
	Threads  int      `json:"threads"`
	Features []string `json:"features"`
	Kernels  string   `json:"kernels"`
	Why      string   `json:"why"`
}

// InfoDevice is what --device may name.
type InfoDevice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Memory int64  `json:"memory_bytes,omitempty"`
}

// CUDA says whether a GPU can be used, and if not, what was looked for.
type CUDA struct {
	Found  bool     `json:"found"`
	Tried  []string `json:"tried"`
	Reason string   `json:"reason,omitempty"`
}

// Paths are where the program's files are.
type Paths struct {
	Config string `json:"config"`
	State  string `json:"state"`
	Cache  string `json:"cache"`
}

// Table has one row per fact.
func (i *Info) Table() Tabular {
	return Table[[2]string]{Rows: i.facts(), Columns: []Column[[2]string]{
		{"name", "what", left, func(f [2]string) Cell { return plain(f[0]) }},
		{"value", "value", left, func(f [2]string) Cell { return plain(f[1]) }},
	}}
}

// Text writes a line per fact.
func (i *Info) Text(w io.Writer) error { return facts(w, i.facts()) }

func (i *Info) facts() [][2]string {
	lines := [][2]string{
		{"version", i.Version},
		{"processor", i.CPU.Model},
		{"threads", fmt.Sprint(i.CPU.Threads)},
		{"instructions", strings.Join(i.CPU.Features, " ")},
		{"kernels", i.CPU.Kernels + ": " + i.CPU.Why},
	}
	for _, d := range i.Devices {
		line := d.Name
		if d.Memory > 0 {
			line += ", " + profile.FormatBytes(d.Memory)
		}
		lines = append(lines, [2]string{"device " + d.ID, line})
	}
	if !i.CUDA.Found {
		lines = append(lines, [2]string{"cuda", "not found: " + i.CUDA.Reason})
	}
	for _, path := range i.CUDA.Tried {
		lines = append(lines, [2]string{"  tried", path})
	}
	if c := i.Ceilings; c != nil {
		lines = append(lines, [2]string{"arithmetic", profile.Significant(c.GFLOPS) + " GFLOP/s fp32, measured on all threads"})
		lines = append(lines, [2]string{"memory", profile.Significant(c.GBPS) + " GB/s read, measured on all threads"})
	}
	return append(lines, [2]string{"configuration", i.Paths.Config}, [2]string{"state", i.Paths.State}, [2]string{"cache", i.Paths.Cache})
}
