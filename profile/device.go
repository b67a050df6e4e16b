package profile

import (
	"fmt"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Device describes the device that ran.
type Device struct {
	ID        string            `json:"id"`                // as --device takes it
	Name      string            `json:"name"`              // of the processor
	Kind      tensor.DeviceKind `json:"kind,omitempty"`    // "" in files of older versions, which knew the CPU alone
	Driver    string            `json:"driver,omitempty"`  // its name and version; a CPU has none
	Threads   int               `json:"threads,omitempty"` // of the CPU, that ran kernels; a GPU has none to count
	Kernels   string            `json:"kernels"`           // their instruction set
	Precision string            `json:"precision"`         // of arithmetic
	// Products is what multiplies in a precision below fp32, where that is known.
	Products string `json:"products,omitempty"`
}

// DescribeDevice describes a device. A CPU's threads are those that the options request
// or, if they leave it open, that the device uses.
func DescribeDevice(i tensor.Info, o nn.SessionOptions) Device {
	d := Device{
		ID: i.ID, Name: i.Name, Kind: i.Kind, Driver: i.Driver,
		Kernels: i.Kernels, Precision: o.Precision.String(), Products: i.Products[o.Precision],
	}
	if d.OnCPU() {
		if d.Threads = o.Threads; d.Threads == 0 {
			d.Threads = i.Cores
		}
	}
	return d
}

// OnCPU reports whether the device is the CPU, whose threads run the kernels.
func (d Device) OnCPU() bool { return d.Kind.IsCPU() }

// Line describes the device in one line.
func (d Device) Line() string {
	line := fmt.Sprintf("%s (%s), ", d.ID, d.Name)
	if d.OnCPU() {
		line += fmt.Sprintf("%d threads, ", d.Threads)
	}
	line += d.Precision
	if d.Products != "" {
		line += " (" + d.Products + ")"
	}
	line += fmt.Sprintf(", %s kernels", d.Kernels)
	if d.Driver != "" {
		line += ", driver " + d.Driver
	}
	return line
}

// Processor says in a few words what ran: so many threads of a CPU, or a GPU.
func (d Device) Processor() string {
	if d.OnCPU() {
		return fmt.Sprintf("%d threads of %s", d.Threads, d.Name)
	}
	return d.ID + " " + d.Name
}

// sameProcessor reports whether spells of the machine meet both devices alike.
func (d Device) sameProcessor(o Device) bool { return d.Name == o.Name && d.OnCPU() == o.OnCPU() }

// allCores is more threads than any machine has cores.
const allCores = 1 << 20

// CPUThreads is how many of the machine's cores a net needs at a time, to be as fast as
// the device can. One hands a GPU its work; a software renderer computes on all.
func CPUThreads(kind tensor.DeviceKind, threads int) int {
	switch {
	case kind.IsCPU():
		return threads
	case kind == tensor.KindSoftware:
		return allCores
	}
	return 1
}

// Busy reports whether other programs used cores that the passes would have needed, so
// that the times are too long.
func (p *Profile) Busy() bool { return p.Machine.Busy(CPUThreads(p.Device.Kind, p.Device.Threads)) }
