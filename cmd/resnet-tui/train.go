package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// trainCommand trains nets.
func trainCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var d dataFlags
	var f trainFlags
	var o outputFlags
	var plain bool
	cmd := &cobra.Command{
		Use:   "train",
		Short: "train a small net, or nets and their plain twins, on a data set",
		Long: "Trains by stochastic gradient descent. With --save it leaves a checkpoint after each epoch; interrupted, it leaves one too, " +
			"and --resume goes on from there to the same bits as without the interruption. With --compare it trains the plain twin of each net, " +
			"with a list of depths several, with --seeds each of them so often: the experiment of the paper's figure 6.",
		Example: "resnet-tui train --depth 20 --data fashion-mnist --epochs 10 --schedule cosine --augment --save runs/r20\n" +
			"resnet-tui train --compare --depth 20,56 --data fashion-mnist --seeds 3 --history figure6.jsonl\n" +
			"resnet-tui train --data synthetic:2000 --depth 8",
	}
	m.add(cmd)
	d.add(cmd)
	r.addDevice(cmd)
	f.add(cmd)
	o.add(cmd)
	cmd.Flags().BoolVar(&plain, "plain-output", false, "no screen with live curves: lines on stderr")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := errors.Join(o.check(), f.check(cmd, &m)); err != nil {
			return err
		}
		if m.config.Arch == "" && m.config.Family == resnet.FamilyDefault {
			m.config.Family = resnet.CIFAR
		}
		screen := !plain && a.onTerminal() && o.format == "text"
		t, err := trainAll(cmd, &m, &r, &d, &f, screen)
		if t == nil {
			return err
		}
		return errors.Join(o.print(cmd, t), err)
	})
	return cmd
}

// training is what trainAll works on.
type training struct {
	nets    []*resnet.Model
	device  tensor.Device
	options train.Options
	history string
	screen  bool // live curves
	watch   *trainWatch
}

// trainAll trains what the flags ask for. A report comes with an error where
// something was trained nevertheless.
func trainAll(cmd *cobra.Command, m *modelFlags, r *runFlags, d *dataFlags, f *trainFlags, screen bool) (rep *report.Train, err error) {
	t := training{screen: screen}
	if err := t.openData(cmd, m, d, f); err != nil {
		return nil, err
	}
	if t.options.Settings, err = f.settings(m, dataName(d, t.options.Images)); err != nil {
		return nil, err
	}
	if t.nets, err = f.nets(m); err != nil {
		return nil, err
	}
	if t.device, err = openDevice(r.device, r.precision); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.device.Close()) }()
	t.options.Session = resnet.SessionOptions{Exact: r.exact, Threads: r.threads, Precision: r.tensorPrecision()}
	t.options.Folder, t.options.SaveEvery, t.options.Resume = f.folder, f.saveEvery, f.resume
	if err := cmp.Or(t.openWeights(m, f), t.checkMemory()); err != nil {
		return nil, err
	}
	closeHistory, err := t.openHistory(f)
	if err != nil {
		return nil, err
	}
	c, err := t.train(cmd, m.seed, f.seeds)
	err = errors.Join(err, closeHistory())
	return t.report(c, d, err)
}

// openData opens the images to train on and those to evaluate on.
func (t *training) openData(cmd *cobra.Command, m *modelFlags, d *dataFlags, f *trainFlags) (err error) {
	m.config.Depth = f.depths.or(m.config)[0]
	if t.options.Images, err = d.open(cmd, m, vision.Train); err != nil {
		return err
	}
	if !given(cmd.Flags(), "batch") {
		m.config.Batch = min(trainBatch, max(t.options.Images.Len(), 1))
	}
	test := *d
	if f.test != "" {
		test.spec = f.test
	} else if !vision.HasTest(d.spec) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has no test images of its own: nothing is evaluated after an epoch (--test-data names some)\n", d.spec)
		return nil
	}
	images, err := test.open(cmd, m, vision.Test)
	if err != nil {
		return err
	}
	if a, b := len(images.Classes()), len(t.options.Images.Classes()); a != b {
		return usage("--test-data %s has %d classes, --data %s has %d", test.spec, a, d.spec, b)
	}
	t.options.Test = images
	return nil
}

// dataName tells training sets apart in checkpoints.
func dataName(d *dataFlags, images vision.Dataset) string {
	c, h, w := images.Shape()
	name := fmt.Sprintf("%s, %d images of %d×%d×%d", d.spec, images.Len(), c, h, w)
	if d.mean != "" || d.std != "" {
		name += fmt.Sprintf(", mean %s, std %s", d.mean, d.std)
	}
	return name
}

// openWeights reads the weights to begin with.
func (t *training) openWeights(m *modelFlags, f *trainFlags) error {
	if m.weights == "" {
		return nil
	}
	if len(t.nets) > 1 {
		return usage("--weights are those of one net, and %d are to be trained", len(t.nets))
	}
	file, source, err := openWeights(m.weights, t.nets[0])
	if err != nil {
		return err
	}
	defer file.Close()
	t.options.Session.Source, err = loadAll(t.nets[0].Params, source)
	return err
}

// loadAll reads parameters into memory.
func loadAll(params []tensor.Param, from tensor.Source) (tensor.Source, error) {
	all := memorySource{}
	for _, p := range params {
		x := tensor.New(p.Shape...)
		if err := from.Load(p, x); err != nil {
			return nil, err
		}
		all[p.Name] = x
	}
	return all, nil
}

// memorySource is parameters by name.
type memorySource map[string]*tensor.Tensor

func (s memorySource) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, s[p.Name].Data)
	return nil
}

// checkMemory refuses nets whose training does not fit.
func (t *training) checkMemory() error {
	o := t.options.Session
	o.Train, o.Fuse, o.Backward, o.Update = true, true, true, &t.options.SGD
	for _, m := range t.nets {
		s := setup{model: m, device: t.device, options: o}
		err := s.checkMemory()
		if memory := (*tensor.MemoryError)(nil); err != nil && !errors.As(err, &memory) {
			return usageError{err} // a step can't be made at all
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openHistory opens the history's file, if there is to be one.
func (t *training) openHistory(f *trainFlags) (closeFile func() error, err error) {
	open := train.NewHistory
	if f.resume {
		if info, err := os.Stat(f.folder); err != nil || !info.IsDir() {
			return nil, usage("--resume: there is no folder %s", f.folder)
		}
		open = train.ContinueHistory
	}
	t.history = f.history
	if t.history == "" && f.folder != "" {
		if err := os.MkdirAll(f.folder, 0o777); err != nil {
			return nil, usage("--save: %w", err)
		}
		t.history = filepath.Join(f.folder, "history.jsonl")
	}
	if t.history == "" {
		return func() error { return nil }, nil
	}
	t.options.History = open(t.history)
	return t.options.History.Close, nil
}

// train trains every net with every seed.
func (t *training) train(cmd *cobra.Command, seed uint64, seeds int) (c train.Comparison, err error) {
	t.watch = newTrainWatch(cmd.ErrOrStderr(), len(t.nets)*seeds)
	t.watch.resume, t.options.Observe = t.options.Resume, t.watch.observe
	var all []uint64
	for i := range seeds {
		all = append(all, seed+uint64(i))
	}
	work := func() { c, err = train.Compare(cmd.Context(), t.device, t.nets, all, t.options) }
	if t.screen {
		failed := t.watch.show(cmd.Context(), "train", work)
		err = errors.Join(err, failed)
	} else {
		work()
	}
	t.watch.lines.clear()
	if refused := (train.RefusedError{}); errors.As(err, &refused) {
		err = usageError{err}
	}
	if n := len(c.Results); errors.Is(err, context.Canceled) && n > 0 && c.Results[n-1].Checkpoint != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s holds what was trained; --resume goes on from there\n", c.Results[n-1].Checkpoint)
	}
	return c, err
}

// report reports what was trained; nothing, if no run has made a step.
func (t *training) report(c train.Comparison, d *dataFlags, failed error) (*report.Train, error) {
	if len(c.Results) == 0 || failed != nil && c.Results[0].Steps == 0 {
		return nil, failed
	}
	tracks, err := t.tracks()
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	rep := report.NewTrain(c, tracks, t.history)
	rep.Data, rep.Settings = d.spec, t.options.Settings
	rep.Device = profile.DescribeDevice(t.device.Info(), t.options.Session)
	return rep, errors.Join(append([]error{failed}, c.Failed...)...)
}

// tracks are the runs' curves: from the history where there is one, which
// knows what was before an interruption too.
func (t *training) tracks() ([]*train.Track, error) {
	if t.history == "" {
		return t.watch.tracker.Tracks, nil
	}
	if _, err := os.Stat(t.history); errors.Is(err, fs.ErrNotExist) { // runs that had ended before left none
		return t.watch.tracker.Tracks, nil
	}
	return readTracks(t.history)
}
