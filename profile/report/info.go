package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// Info describes what the program finds on this machine: processor, devices,
// measured ceilings, and where its files are.
type Info struct {
	Schema   string         `json:"schema"`
	Version  string         `json:"version"`
	CPU      CPU            `json:"cpu"`
	Devices  []InfoDevice   `json:"devices"`
	Auto     InfoAuto       `json:"auto"`
	CUDA     Library        `json:"cuda"`
	Vulkan   Library        `json:"vulkan"`
	Ceilings *profile.Roofs `json:"ceilings,omitempty"` // in fp32
	// Lower are the ceilings in other precisions, where they were ever measured.
	Lower map[string]*profile.Roofs `json:"ceilings_lower,omitempty"`

	// What the ceilings are of: a device, and of the CPU so many threads, 0 for all.
	CeilingsDevice string `json:"ceilings_device,omitempty"`
	Threads        int    `json:"ceilings_threads,omitempty"`

	Paths Paths `json:"paths"`
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
	ID         string            `json:"id"` // as --device takes it
	Name       string            `json:"name"`
	Kind       tensor.DeviceKind `json:"kind"`
	Memory     int64             `json:"memory_bytes,omitempty"` // 0 if unknown
	Free       int64             `json:"free_bytes,omitempty"`   // of that now, 0 if unknown
	Driver     string            `json:"driver,omitempty"`
	API        string            `json:"api,omitempty"`      // that it is driven by
	Precisions []string          `json:"precisions"`         // as --precision takes them
	Products   map[string]string `json:"products,omitempty"` // what multiplies in a precision below fp32, where that is known
	Features   []string          `json:"features,omitempty"` // of a GPU

	Ceilings *profile.Roofs `json:"ceilings,omitempty"` // in fp32, where they were ever measured

	// NeedsCheck: its kernels depend on its driver. Check is what came out the last time
	// on this driver, nil if they were never checked on it.
	NeedsCheck bool       `json:"needs_check,omitempty"`
	Check      *InfoCheck `json:"check,omitempty"`
}

// InfoCheck is what comparing a device's kernels with the reference found.
type InfoCheck struct {
	Passed  bool         `json:"passed"`
	When    time.Time    `json:"when"`
	Kernels int          `json:"kernels"` // that were compared
	Wrong   []InfoKernel `json:"wrong,omitempty"`
}

// InfoKernel is a kernel that does not compute what it should.
type InfoKernel struct {
	Kernel string `json:"kernel"`
	What   string `json:"what"` // was computed, and what came out
}

// NewInfoCheck describes a self-check.
func NewInfoCheck(c tensor.SelfCheck) *InfoCheck {
	return &InfoCheck{Passed: c.Passed(), When: c.When, Kernels: c.Kernels, Wrong: NewInfoKernels(c.Wrong)}
}

// NewInfoKernels describes wrong kernels.
func NewInfoKernels(wrong []tensor.WrongKernel) (list []InfoKernel) {
	for _, w := range wrong {
		list = append(list, InfoKernel{w.Name, w.What})
	}
	return list
}

// line says what came out and when.
func (c *InfoCheck) line() string {
	if c == nil {
		return "never checked on this driver"
	}
	day := c.When.Format(time.DateOnly)
	if c.Passed {
		return fmt.Sprintf("all %d are right, checked %s", c.Kernels, day)
	}
	var names []string
	for _, w := range c.Wrong {
		names = append(names, fmt.Sprintf("%s (%s)", w.Kernel, w.What))
	}
	return fmt.Sprintf("wrong and not used: %s; %d were checked %s", strings.Join(names, ", "), c.Kernels, day)
}

// NewInfoDevice describes a device.
func NewInfoDevice(i *tensor.Info) InfoDevice {
	d := InfoDevice{
		ID: i.ID, Name: i.Name, Kind: i.Kind, Memory: i.Memory, Free: i.Free, Driver: i.Driver, API: i.API,
		NeedsCheck: i.CheckKey != "",
	}
	if !i.Kind.IsCPU() { // the CPU's are in Info.CPU
		d.Features = i.Features
	}
	for _, p := range i.Precisions {
		d.Precisions = append(d.Precisions, p.String())
		if by := i.Products[p]; by != "" {
			d.setProducts(p.String(), by)
		}
	}
	return d
}

// setProducts notes what multiplies in a precision.
func (d *InfoDevice) setProducts(precision, by string) {
	if d.Products == nil {
		d.Products = map[string]string{}
	}
	d.Products[precision] = by
}

// precisions names them, with what multiplies in each where that is known.
func (d *InfoDevice) precisions() string {
	var names []string
	for _, p := range d.Precisions {
		if by := d.Products[p]; by != "" {
			p += " (" + by + ")"
		}
		names = append(names, p)
	}
	return strings.Join(names, " ")
}

// line describes the device in one line.
func (d *InfoDevice) line() string {
	parts := []string{d.Name, string(d.Kind)}
	if d.Memory > 0 {
		parts = append(parts, profile.FormatBytes(d.Memory))
	}
	if d.Driver != "" {
		parts = append(parts, "driver "+d.Driver)
	}
	if d.API != "" {
		parts = append(parts, d.API)
	}
	return strings.Join(append(parts, d.precisions()), ", ")
}

// InfoAuto says which device auto stands for, and why.
type InfoAuto struct {
	Device string `json:"device"`
	Why    string `json:"why"`
}

// Library says whether an API of GPUs has a device here and, if not, why, and which
// libraries were tried.
type Library struct {
	Found  bool     `json:"found"`
	Tried  []string `json:"tried"`
	Reason string   `json:"reason,omitempty"`
}

// facts says what was found under that name.
func (l *Library) facts(name string) (f facts) {
	if !l.Found {
		f.add(name, "not found: "+l.Reason)
		for _, path := range l.Tried {
			f.add("  tried", path)
		}
	}
	return f
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
	for j := range i.Devices {
		f.add("device "+i.Devices[j].ID, i.Devices[j].line())
		if features := i.Devices[j].Features; len(features) > 0 {
			f.add("  features", strings.Join(features, "; "))
		}
		if i.Devices[j].NeedsCheck {
			f.add("  kernels", i.Devices[j].Check.line())
		}
	}
	f.addf("auto", "%s: %s", i.Auto.Device, i.Auto.Why)
	f = slices.Concat(f, i.Vulkan.facts("vulkan"), i.CUDA.facts("cuda"))
	if c := i.Ceilings; c != nil {
		on := i.ceilingsOf()
		f.addf("arithmetic", "%s GFLOP/s fp32 on %s, the highest measured or reached", profile.Significant(c.GFLOPS), on)
		for _, p := range slices.Sorted(maps.Keys(i.Lower)) {
			f.addf("arithmetic", "%s GFLOP/s %s on %s, the highest measured or reached", profile.Significant(i.Lower[p].GFLOPS), p, on)
		}
		f.addf("memory", "%s GB/s read on %s, the highest measured", profile.Significant(c.GBPS), on)
	}
	f.add("configuration", i.Paths.Config)
	f.add("state", i.Paths.State)
	f.add("cache", i.Paths.Cache)
	return f
}

// ceilingsOf says what the ceilings are of.
func (i *Info) ceilingsOf() string {
	switch {
	case i.CeilingsDevice != "cpu":
		return i.CeilingsDevice
	case i.Threads == 0:
		return "all threads"
	case i.Threads == 1:
		return "1 thread"
	}
	return strconv.Itoa(i.Threads) + " threads"
}
