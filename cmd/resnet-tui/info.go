package main

import (
	"context"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/tensor"
	"resnet-tui/tensor/device"
)

// infoCommand prints what the program finds on this machine.
func infoCommand(a *app) *cobra.Command {
	var o outputFlags
	var anew bool
	cmd := &cobra.Command{
		Use:   "info",
		Short: "machine, devices, kernels and why, measured ceilings, paths",
	}
	o.add(cmd)
	cmd.Flags().BoolVar(&anew, "measure", false, "measure the ceilings anew, and keep them if they are higher")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		dev, err := openDevice("cpu", tensor.FP32.String())
		if err != nil {
			return err
		}
		defer dev.Close()
		i, err := machine(cmd.Context(), dev, anew)
		if err != nil {
			return err
		}
		return o.print(cmd, i)
	})
	return cmd
}

func machine(ctx context.Context, dev tensor.Device, anew bool) (*report.Info, error) {
	cpu := dev.Info()
	devices, err := device.List()
	if err != nil {
		return nil, err
	}
	i := &report.Info{
		Schema:  "resnet-tui/info/1",
		Version: version(),
		CPU:     report.CPU{Model: cpu.Name, Threads: cpu.Cores, Features: cpu.Features, Kernels: cpu.Kernels, Why: kernelsWhy(cpu.Kernels)},
		CUDA:    findCUDA(),
		Paths:   report.Paths{Config: configPath(), State: stateDir(), Cache: cacheDir()},
	}
	for _, d := range devices {
		i.Devices = append(i.Devices, report.InfoDevice{ID: d.ID, Name: d.Name, Memory: d.Memory})
	}
	c, err := ceilings(ctx, dev, 0, anew)
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
