package app

import (
	"cmp"
	"context"
	"errors"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/tensor"
)

// InfoOptions say what is found out.
type InfoOptions struct {
	Measure bool   `json:"measure,omitempty"` // the ceilings anew; they are kept if they are higher
	Device  string `json:"device,omitempty"`  // whose ceilings are shown; "" is the CPU
	Threads int    `json:"threads,omitempty"` // of the CPU, whose ceilings are shown; 0 is all cores
}

// Info is what the program finds on this machine. The caller adds its own paths.
func (v Service) Info(ctx context.Context, o InfoOptions, l Listener) (*report.Info, error) {
	dev, err := v.openDevice(ctx, Run{Device: cmp.Or(o.Device, "cpu"), Threads: o.Threads}, l)
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	i := &report.Info{
		Schema: report.InfoSchema, Version: v.Version, CUDA: findCUDA(), Vulkan: findVulkan(),
		CeilingsDevice: dev.Info().ID, Threads: o.Threads,
		Paths: report.Paths{State: v.StateDir, Cache: v.CacheDir},
	}
	if err := v.infoDevices(ctx, i, l); err != nil {
		return nil, err
	}
	roofs := v.roofs(dev, o.Threads, tensor.FP32)
	ceilings := roofs.orMeasure
	if o.Measure {
		ceilings = roofs.Measure
	}
	c, err := ceilings(ctx)
	i.Ceilings = knownRoofs(c)
	i.Lower = v.lowerRoofs(dev, o.Threads)
	return i, err
}

// lowerRoofs are the known ceilings of a device's precisions beside FP32.
func (v Service) lowerRoofs(dev tensor.Device, threads int) map[string]*profile.Roofs {
	lower := map[string]*profile.Roofs{}
	for _, p := range dev.Info().Precisions {
		if r := knownRoofs(v.roofs(dev, threads, p).Known()); p != tensor.FP32 && r != nil {
			lower[p.String()] = r
		}
	}
	return lower
}

// infoDevices sets what there is to run on, and what auto takes of it.
func (v Service) infoDevices(ctx context.Context, i *report.Info, l Listener) error {
	dev, choice, err := devices.choose(ctx, announced{checks{v}, l})
	if err != nil {
		return err
	}
	i.Auto = report.InfoAuto{Device: choice.ID, Why: choice.Why}
	all, err := devices.list()
	if err := errors.Join(err, dev.Close()); err != nil {
		return err
	}
	for n := range all {
		d := report.NewInfoDevice(&all[n])
		d.Ceilings = knownRoofs((&Roofs{service: v, key: roofsKey(&all[n], 0, tensor.FP32)}).Known())
		if c, known := (checks{v}).Known(all[n].CheckKey); known {
			d.Check = report.NewInfoCheck(c)
		}
		i.Devices = append(i.Devices, d)
	}
	cpu := &all[0]
	i.CPU = report.CPU{
		Model: cpu.Name, Threads: cpu.Cores, Features: cpu.Features,
		Kernels: cpu.Kernels, Why: kernelsWhy(cpu.Kernels),
	}
	return nil
}

// knownRoofs are ceilings for a report, nil if they aren't known.
func knownRoofs(c profile.Ceilings) *profile.Roofs {
	if !c.Known() {
		return nil
	}
	return &profile.Roofs{GFLOPS: c.GFLOPS, GBPS: c.GBPS, Measured: true}
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
