package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// profileFlags say what to measure, and where the figures go.
type profileFlags struct {
	model   modelFlags
	run     runFlags
	output  outputFlags
	exports exportFlags
	sweep   sweepFlags
	forget  bool // --no-history
}

// profileCommand measures many passes.
func profileCommand(a *app) *cobra.Command {
	var f profileFlags
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "many passes: time per layer with its spread, throughput, roofline",
		Example: "resnet-tui profile --depth 101\nresnet-tui profile --arch resnext50_32x4d --batch 8 --runs 50 --format json\n" +
			"resnet-tui profile --depth 50 --no-fuse --threads 1\nresnet-tui profile --depth 50 --pprof r50.pb.gz --trace r50.json --html r50.html\n" +
			"resnet-tui profile --depth 18 --batch 1,2,4,8 --threads 1,2",
	}
	f.add(cmd)
	cmd.RunE = a.run(f.command)
	return cmd
}

func (f *profileFlags) add(cmd *cobra.Command) {
	f.model.add(cmd)
	f.run.addEngine(cmd)
	f.run.addInput(cmd)
	f.run.addPasses(cmd)
	f.run.addCount(cmd)
	f.run.addBackward(cmd)
	f.run.addUpdate(cmd)
	f.model.addLesions(cmd)
	f.output.add(cmd)
	f.exports.add(cmd)
	cmd.Flags().StringVar(&f.run.cpuProfile, cpuProfileFlag, "", "write Go's own CPU profile of some more passes, labelled by layer (.pb.gz)")
	addHistory(cmd, &f.forget)
	f.sweep.add(cmd)
}

// command measures once, or once for each combination of the lists.
func (f *profileFlags) command(cmd *cobra.Command) error {
	if err := cmp.Or(f.output.check(), f.exports.check(cmd)); err != nil {
		return err
	}
	if f.sweep.wanted() {
		if f.exports.any(cmd) {
			return usage("exports are of one profile, and the lists ask for several")
		}
		s, err := f.sweep.run(cmd, &f.model, &f.run, f.forget)
		if err != nil {
			return err
		}
		return f.output.print(cmd, s)
	}
	f.run.trace = f.exports.traces()
	p, err := measureAndKeep(cmd, &f.model, &f.run, f.forget)
	if err != nil {
		return err
	}
	return errors.Join(f.output.print(cmd, p), f.exports.write(p.Profile))
}

// measureAndKeep makes a profile, says if the machine was busy, and adds a line
// to the history.
func measureAndKeep(cmd *cobra.Command, m *modelFlags, f *runFlags, forget bool) (report.Profile, error) {
	p, err := measure(cmd, m, f)
	if err != nil {
		return p, err
	}
	warnBusy(cmd, p)
	remember(cmd, p.Profile, forget)
	return p, nil
}

// warnBusy says on stderr that other programs were in the way.
func warnBusy(cmd *cobra.Command, p report.Profile) {
	if p.Busy() {
		fmt.Fprintf(cmd.ErrOrStderr(), "the machine was busy: other programs used %s of %d cores, so times are too long\n",
			profile.Significant(p.Machine.OthersCores), p.Machine.Processors)
	}
}

// measure makes the profile that the flags ask for. The ceilings come last,
// when the net has given its memory back; without them the profile is still
// worth having.
func measure(cmd *cobra.Command, m *modelFlags, f *runFlags) (r report.Profile, err error) {
	s, err := prepare(cmd, m, f)
	if err != nil {
		return report.Profile{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	p, err := s.profile(cmd, f)
	if err != nil {
		return report.Profile{}, err
	}
	if err := addCeilings(cmd.Context(), p, s.device); err != nil {
		if cmd.Context().Err() != nil {
			return report.Profile{}, err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "no roofline: %s\n", oneLine(err))
	}
	return report.Profile{Profile: p, Ops: s.ops}, nil
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
	if s.options.Backward {
		if err := p.SetGradients(session); err != nil {
			return nil, err
		}
	}
	p.Version, p.Memory.PeakRSSBytes = version(), peakRSS()
	p.Model, p.Device = s.describe(session), profile.DescribeDevice(s.device.Info(), s.options)
	in := s.describeInput()
	p.Input = profile.Input{Shape: in.Shape, Source: in.Source}
	return p, nil
}
