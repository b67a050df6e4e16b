package app

import (
	"context"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/tensor/device"
)

// InfoOptions say what is found out.
type InfoOptions struct {
	Measure bool `json:"measure,omitempty"` // the ceilings anew; they are kept if they are higher
	Threads int  `json:"threads,omitempty"` // whose ceilings are shown; 0 is all cores
}

// Info is what the program finds on this machine. The caller adds its own paths.
func (v Service) Info(ctx context.Context, o InfoOptions) (*report.Info, error) {
	dev, err := openDevice(Run{Device: "cpu"})
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	devices, err := device.List()
	if err != nil {
		return nil, err
	}
	cpu := dev.Info()
	i := &report.Info{
		Schema:  report.InfoSchema,
		Version: v.Version,
		CPU: report.CPU{
			Model: cpu.Name, Threads: cpu.Cores, Features: cpu.Features,
			Kernels: cpu.Kernels, Why: kernelsWhy(cpu.Kernels),
		},
		CUDA: findCUDA(), Threads: o.Threads,
		Paths: report.Paths{State: v.StateDir, Cache: v.CacheDir},
	}
	for _, d := range devices {
		i.Devices = append(i.Devices, report.InfoDevice{ID: d.ID, Name: d.Name, Memory: d.Memory})
	}
	roofs := v.roofs(dev, o.Threads, "")
	ceilings := roofs.orMeasure
	if o.Measure {
		ceilings = roofs.Measure
	}
	c, err := ceilings(ctx)
	if c.Known() {
		i.Ceilings = &profile.Roofs{GFLOPS: c.GFLOPS, GBPS: c.GBPS, Measured: true}
	}
	return i, err
}

// kernelsWhy says why a set of kernels is in use.
func kernelsWhy(kernels string) string {
	switch kernels {
	case "avx512":
		return "the processor has AVX-512"
	case "avx2":
		return "the processor has AVX2 and FMA, but not AVX-512"
	case "neon":
		return "the processor is an ARM with NEON"
	}
	return "plain Go: the processor, or this build, has none of AVX-512, AVX2 and NEON"
}
