package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
)

// checkFlags are the limits.
type checkFlags struct {
	params, macs, memory, ms quantity
	baseline                 string
	tolerance                quantity // percent
}

// checkCommand holds a net to limits.
func checkCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var o outputFlags
	c := checkFlags{tolerance: quantity{value: 5}}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "hold a net to limits and to a baseline: exit 1 names what does not hold",
		Long: "Compares parameters, multiply-adds an image, memory and the median time of a pass with limits, and with a baseline that " +
			"profile --format json wrote. A run is too slow if its median exceeds the baseline's by more than --tolerance and a rank test " +
			"finds that beyond noise (p < 5 %); a faster one holds. Only --max-ms and --baseline run the net.",
		Example: "resnet-tui check --depth 50 --max-params 26M --max-macs 4.1G --max-memory 300MB\n" +
			"resnet-tui profile --depth 18 --format json -o baseline.json\nresnet-tui check --depth 18 --baseline baseline.json --format md >> $GITHUB_STEP_SUMMARY",
	}
	m.add(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addPasses(cmd)
	o.add(cmd)
	fs := cmd.Flags()
	fs.Var(&c.params, "max-params", "most parameters, as 26M")
	fs.Var(&c.macs, "max-macs", "most multiply-adds an image, as 4.1G")
	fs.Var(&c.memory, "max-memory", "most bytes that the program may hold, as 300MB")
	fs.Var(&c.ms, "max-ms", "longest median of a pass in milliseconds")
	fs.StringVar(&c.baseline, "baseline", "", "a profile's JSON (or .pb.gz) that this run may not be slower than")
	fs.Var(&c.tolerance, "tolerance", "percent that it may be slower than the baseline (default 5)")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := cmp.Or(o.check(), c.check(cmd)); err != nil {
			return err
		}
		checks, err := c.run(cmd, &m, &r)
		if err != nil {
			return err
		}
		if err := o.print(cmd, report.Checks{Checks: checks}); err != nil {
			return err
		}
		return failedChecks(checks)
	})
	return cmd
}

func (c *checkFlags) check(cmd *cobra.Command) error {
	fs := cmd.Flags()
	for _, name := range []string{"max-params", "max-macs", "max-memory", "max-ms", "baseline"} {
		if given(fs, name) {
			return nil
		}
	}
	return usage("nothing to check: give --max-params, --max-macs, --max-memory, --max-ms or --baseline")
}

// run makes the checks that were asked for.
func (c *checkFlags) run(cmd *cobra.Command, m *modelFlags, r *runFlags) (*profile.Checks, error) {
	var base *profile.Profile
	var err error
	if c.baseline != "" {
		if base, err = readProfile(c.baseline); err != nil {
			return nil, err
		}
	}
	s, err := prepare(cmd, m, r)
	if err != nil {
		return nil, err
	}
	checks := &profile.Checks{}
	err = c.static(s, checks)
	if err := cmp.Or(err, s.close()); err != nil {
		return nil, err
	}
	if !given(cmd.Flags(), "max-ms") && base == nil {
		return checks, nil
	}
	if base != nil {
		if err := comparable(cmd, c.baseline, base, s); err != nil {
			return nil, err
		}
	}
	p, err := measure(cmd, m, r)
	if err != nil {
		return nil, err
	}
	if given(cmd.Flags(), "max-ms") {
		checks.Add("max-ms", c.ms.value, p.Total.P50MS, p.Slowest())
	}
	if base != nil {
		checks.AddBaseline(base, p.Profile, c.tolerance.value/100)
	}
	return checks, nil
}

// static checks what needs no run.
func (c *checkFlags) static(s *setup, checks *profile.Checks) error {
	largest := func(of func(c *resnet.Cost) int64) string {
		return slices.MaxFunc(s.model.Layers, func(a, b *resnet.Layer) int { return cmp.Compare(of(&a.Cost), of(&b.Cost)) }).Path
	}
	params := func(c *resnet.Cost) int64 { return c.Params }
	if c.params.given {
		checks.Add("max-params", c.params.value, float64(s.model.Total.Params), largest(params))
	}
	if c.macs.given {
		checks.Add("max-macs", c.macs.value, float64(s.model.Total.MACs), largest(func(c *resnet.Cost) int64 { return c.MACs }))
	}
	if !c.memory.given {
		return nil
	}
	l, plan, err := estimate(s.device, s.model, s.options)
	if err != nil {
		return err
	}
	blame := largest(params)
	if memory := profile.NewMemory(l, plan); plan.ArenaBytes > plan.WeightBytes && memory.Peak != nil {
		blame = memory.Peak.Path
	}
	checks.Add("max-memory", c.memory.value, float64(plan.Total()), blame)
	return nil
}

// comparable refuses a baseline of another net or input, and warns of one from
// elsewhere.
func comparable(cmd *cobra.Command, file string, base *profile.Profile, s *setup) error {
	if base.Model.Arch != s.model.Name || !base.Input.Shape.Equal(s.model.Root.In) {
		return usage("--baseline %s is of %s on %v, and this is %s on %v", file, base.Model.Arch, base.Input.Shape, s.model.Name, s.model.Root.In)
	}
	here := profile.DescribeDevice(s.device.Info(), s.options)
	if d := base.Device; d.Name != here.Name || d.Threads != here.Threads || d.Kernels != here.Kernels {
		fmt.Fprintf(cmd.ErrOrStderr(), "the baseline comes from elsewhere: %d threads of %s (%s), here %d of %s (%s)\n",
			d.Threads, d.Name, d.Kernels, here.Threads, here.Name, here.Kernels)
	}
	return nil
}

// failedChecks is an error that names the checks that do not hold.
func failedChecks(c *profile.Checks) error {
	var failed []string
	for _, x := range c.Checks {
		if !x.OK {
			failed = append(failed, report.CheckLine(x))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(failed, "; "))
}
