package main

import (
	"errors"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// profileCommand measures many passes.
func profileCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var o outputFlags
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "many passes: time per layer with its spread, throughput, roofline",
		Example: "resnet-tui profile --depth 101\nresnet-tui profile --arch resnext50_32x4d --batch 8 --runs 50 --format json\n" +
			"resnet-tui profile --depth 50 --no-fuse --threads 1",
	}
	m.add(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addPasses(cmd)
	r.addCount(cmd)
	o.add(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		p, err := measure(cmd, &m, &r)
		if err != nil {
			return err
		}
		return o.print(cmd, p)
	})
	return cmd
}

// measure makes the profile that the flags ask for.
func measure(cmd *cobra.Command, m *modelFlags, f *runFlags) (r report.Profile, err error) {
	s, err := prepare(cmd, m, f)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ctx, show := cmd.Context(), newProgress(cmd.ErrOrStderr())
	session, err := s.session(ctx, show)
	if err != nil {
		return r, err
	}
	defer session.Close()
	p, err := profile.Measure(ctx, session, profile.MeasureOptions{Runs: f.runs, Warmup: f.warmup, Progress: func(done, total int) {
		if total == 0 {
			show.say("pass %d", done)
			return
		}
		show.say("pass %d of %d", done, total)
	}})
	show.clear()
	if err != nil {
		return r, err
	}
	p.Memory.PeakRSSBytes = peakRSS() // before the ceilings' own buffers
	in := s.input()
	p.Model, p.Device = s.describe(session), profile.DescribeDevice(s.device.Info(), s.options)
	p.Input = profile.Input{Shape: s.model.Root.In, Source: in.source}
	return report.Profile{Profile: p, Ops: s.ops}, addCeilings(ctx, p, s.device.Info())
}
