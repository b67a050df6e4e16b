package main

import (
	"cmp"
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
	var e exportFlags
	var sweep sweepFlags
	var forget bool
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "many passes: time per layer with its spread, throughput, roofline",
		Example: "resnet-tui profile --depth 101\nresnet-tui profile --arch resnext50_32x4d --batch 8 --runs 50 --format json\n" +
			"resnet-tui profile --depth 50 --no-fuse --threads 1\nresnet-tui profile --depth 50 --pprof r50.pb.gz --trace r50.json --html r50.html\n" +
			"resnet-tui profile --depth 18 --batch 1,2,4,8 --threads 1,2",
	}
	m.add(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addPasses(cmd)
	r.addCount(cmd)
	o.add(cmd)
	e.add(cmd)
	cmd.Flags().StringVar(&r.cpuProfile, cpuProfileFlag, "", "write Go's own CPU profile of some more passes, labelled by layer (.pb.gz)")
	addHistory(cmd, &forget)
	sweep.add(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := cmp.Or(o.check(), e.check(cmd)); err != nil {
			return err
		}
		if sweep.wanted() {
			if e.any(cmd) {
				return usage("exports are of one profile, and the lists ask for several")
			}
			s, err := sweep.run(cmd, &m, &r, forget)
			if err != nil {
				return err
			}
			return o.print(cmd, s)
		}
		r.trace = e.traces()
		p, err := measure(cmd, &m, &r)
		if err != nil {
			return err
		}
		warnBusy(cmd, p)
		remember(cmd, p.Profile, forget)
		return errors.Join(o.print(cmd, p), e.write(p.Profile))
	})
	return cmd
}

// measure makes the profile that the flags ask for. The ceilings come last,
// when the net has given its memory back.
func measure(cmd *cobra.Command, m *modelFlags, f *runFlags) (report.Profile, error) {
	s, err := prepare(cmd, m, f)
	if err != nil {
		return report.Profile{}, err
	}
	info := s.device.Info()
	p, err := s.profile(cmd, f)
	if err := errors.Join(err, s.close()); err != nil {
		return report.Profile{}, err
	}
	return report.Profile{Profile: p, Ops: s.ops}, addCeilings(cmd.Context(), p, info)
}

// profile runs the passes.
func (s *setup) profile(cmd *cobra.Command, f *runFlags) (*profile.Profile, error) {
	ctx, show := cmd.Context(), newProgress(cmd.ErrOrStderr())
	session, err := s.session(ctx, show)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	p, err := profile.Measure(ctx, session, profile.MeasureOptions{Runs: f.runs, Warmup: f.warmup, Trace: f.trace, Progress: func(done, total int) {
		if total == 0 {
			show.say("pass %d", done)
			return
		}
		show.say("pass %d of %d", done, total)
	}})
	show.clear()
	if err != nil {
		return nil, err
	}
	if f.cpuProfile != "" {
		if err := writeCPUProfile(ctx, session, f.cpuProfile); err != nil {
			return nil, err
		}
	}
	p.Version, p.Memory.PeakRSSBytes = version(), peakRSS()
	p.Model, p.Device = s.describe(session), profile.DescribeDevice(s.device.Info(), s.options)
	in := s.describeInput()
	p.Input = profile.Input{Shape: in.Shape, Source: in.Source}
	return p, nil
}
