package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
)

// profileCommand measures many passes.
func profileCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.ProfileOptions
	var out outputFlags
	var exports exportFlags
	var processes int
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "measure many passes: time per layer and how well it is known, throughput, roofline",
		Long: "Measures many passes and shows where the time goes. A time is the mean over the typical passes, the " +
			"middle half by total: all layers take the same passes, so that they add up to the whole. ± is half " +
			"the 95 % interval of that time, cv the spread of single passes. Exports for pprof and folded stacks " +
			"hold means of all passes. Lists of values for --batch, --size and --threads profile every combination. " +
			"A comparison by diff rests on processes: --processes records several, one after the other, in one file.",
		Example: "resnet-tui profile --depth 101\n" +
			"resnet-tui profile --arch resnext50_32x4d --batch 8 --runs 50 --format json\n" +
			"resnet-tui profile --depth 50 --no-fuse --threads 1\n" +
			"resnet-tui profile --depth 50 --pprof r50.pb.gz --trace r50.json --html r50.html\n" +
			"resnet-tui profile --depth 18 --batch 1,2,4,8 --threads 1,2\n" +
			"resnet-tui profile --arch cifar_resnet20 --processes 8 --format json -o a.json",
	}
	addNet(cmd, &spec)
	addLesions(cmd, &spec)
	addInput(cmd, &spec)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addBackward(cmd, &spec)
	addUpdate(cmd, &spec)
	addEngine(cmd, &spec)
	addPasses(cmd, &o.Runs, &o.Warmup)
	addProcesses(cmd, &processes)
	out.add(p, cmd)
	addCount(cmd, &o.Count)
	addHistory(cmd, &o.NoHistory)
	exports.add(cmd)
	exports.addCPUProfile(cmd)
	lists := addSweep(cmd, &spec)
	cmd.RunE = p.run(func(cmd *cobra.Command) error {
		if err := errors.Join(out.check(), exports.check(cmd)); err != nil {
			return err
		}
		o.Trace, o.CPUProfile = exports.traces(), exports.cpuProfile != ""
		switch {
		case processes > 0 && lists.any():
			return usage("--processes are of one profile, but the lists ask for several")
		case processes > 0:
			return p.profileProcesses(cmd, spec, o, processes, &out, &exports)
		case !lists.any():
			o.Pictures = exports.wants("html")
			return p.profile(cmd.Context(), spec, o, &out, &exports)
		}
		if exports.any(cmd) {
			return usage("exports hold one profile, but the lists ask for several")
		}
		s, err := p.service().Sweep(cmd.Context(), spec, lists.options(), o, p.console.listener())
		if err != nil {
			return err
		}
		return p.print(&out, s)
	})
	return cmd
}

// profile makes a profile and writes it wherever it is wanted.
func (p *program) profile(
	ctx context.Context, spec app.Spec, o app.ProfileOptions, out *outputFlags, exports *exportFlags,
) error {
	made, err := p.service().Profile(ctx, spec, o, p.console.listener())
	if err != nil {
		return err
	}
	recorded := made.Profile.Profile
	return errors.Join(p.print(out, made.Profile), exports.write(recorded, made.Pictures...),
		exports.writeCPUProfile(made.CPUProfile))
}

// profileProcesses makes a profile in several processes, and writes it as profile does.
func (p *program) profileProcesses(
	cmd *cobra.Command, spec app.Spec, o app.ProfileOptions, n int, out *outputFlags, exports *exportFlags,
) error {
	child, err := p.child(cmd, "", append(exportNames(), "processes")...)
	if err != nil {
		return err
	}
	made, err := p.service().ProfileProcesses(cmd.Context(), spec, o, n, child, p.console.listener())
	if err != nil {
		return err
	}
	return errors.Join(p.print(out, made.Profile), exports.write(made.Profile.Profile))
}

// addProcesses adds the flag that measures in several processes.
func addProcesses(cmd *cobra.Command, n *int) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		wholeFlag(fs, n, "processes", 1, app.MaxProcesses,
			"measure in N processes, one after the other, so that diff can tell how processes vary")
	})
}

// addHistory adds the flag that opts out of the history.
func addHistory(cmd *cobra.Command, off *bool) {
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.BoolVar(off, "no-history", false, "don't add this profile to the history")
	})
}
