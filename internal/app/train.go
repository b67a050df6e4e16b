package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Training is nets that are ready to be trained. It is for one Run.
type Training struct {
	spec    Spec // settled
	config  resnet.Config
	nets    []*resnet.Model
	seeds   int
	device  tensor.Device
	options train.Options
	history string
	watch   *trainWatch
	partial *profile.Partial // what of the weights was taken, nil where all had to fit
	close   func() error     // of the history
}

// Train trains nets on the spec's data set. A report comes with an error where
// something was trained nevertheless: of an interrupted run, or where one of several
// diverged.
func (v Service) Train(ctx context.Context, spec Spec, o TrainOptions, l Listener) (*report.Train, error) {
	t, err := v.OpenTraining(ctx, spec, o, l)
	if err != nil {
		return nil, err
	}
	return t.Run(ctx)
}

// OpenTraining opens everything that training needs. Nothing is computed yet.
func (v Service) OpenTraining(
	ctx context.Context, spec Spec, o TrainOptions, l Listener,
) (t *Training, err error) {
	if t, err = newTraining(spec, o, l); err != nil {
		return nil, err
	}
	if t.device, err = v.openDevice(ctx, t.spec.Run, l); err != nil {
		return nil, err
	}
	if err := cmp.Or(t.openWeights(), t.checkMemory(), t.openHistory(o)); err != nil {
		return nil, errors.Join(err, t.device.Close())
	}
	return t, nil
}

// Curves are the curves of the runs, which grow while Run goes on.
func (t *Training) Curves() *Curves { return &t.watch.curves }

// Run trains, closes what was opened and reports as Service.Train does.
func (t *Training) Run(ctx context.Context) (rep *report.Train, err error) {
	defer func() { err = errors.Join(err, t.device.Close()) }()
	c, err := t.train(ctx)
	return t.report(c, errors.Join(err, t.close()))
}

// newTraining opens the images and builds the nets.
func newTraining(spec Spec, o TrainOptions, l Listener) (*Training, error) {
	spec, err := spec.settle()
	if err != nil {
		return nil, err
	}
	if err := o.check(spec); err != nil {
		return nil, err
	}
	t := &Training{spec: spec, seeds: o.Seeds}
	depths, err := t.chooseNet(o.Depths, l)
	if err != nil {
		return nil, err
	}
	if err := t.openData(o.TestData, l); err != nil {
		return nil, err
	}
	if t.options.Settings, err = t.settings(o); err != nil {
		return nil, err
	}
	if t.nets, err = t.build(depths, o.Twins); err != nil {
		return nil, err
	}
	t.options.Session = spec.sessionOptions()
	t.options.Folder, t.options.SaveEvery, t.options.Resume = o.Save, o.SaveEvery, o.Resume
	t.watch = &trainWatch{listener: l, runs: len(t.nets) * o.Seeds, resume: o.Resume}
	t.options.Observe = t.watch.observe
	return t, nil
}

// chooseNet resolves which nets are meant: a CIFAR net of depth 20 where the spec
// leaves that open. It returns their depths; 0 is that of a net by name.
func (t *Training) chooseNet(depths []int, l Listener) ([]int, error) {
	s := t.spec
	if len(depths) > 0 {
		s.Net.Depth = depths[0]
	}
	var err error
	if t.config, err = s.config(l); err != nil {
		return nil, err
	}
	c := &t.config
	if c.Arch != "" {
		return []int{c.Depth}, nil
	}
	if c.Family == resnet.FamilyDefault {
		c.Family = resnet.CIFAR
	}
	if c.Blocks == (resnet.Blocks{}) {
		c.Depth = cmp.Or(c.Depth, 20)
	}
	if len(depths) == 0 {
		depths = []int{c.Depth}
	}
	return depths, nil
}

// openData opens the images to train on and those to evaluate on.
func (t *Training) openData(testData string, l Listener) (err error) {
	data := &t.spec.Input.Data
	if t.options.Images, err = t.spec.openData(&t.config, vision.Train, l); err != nil {
		return err
	}
	t.config.Batch = cmp.Or(t.config.Batch, min(TrainBatch, max(t.options.Images.Len(), 1)))
	test := t.spec
	if testData != "" {
		test.Input.Data.Name = testData
	} else if !vision.HasTest(data.Name) {
		l.notice("%s has no test images of its own, so nothing is evaluated after an epoch ({test-data} names some)",
			data.Name)
		return nil
	}
	images, err := test.openData(&t.config, vision.Test, l)
	if err != nil {
		return err
	}
	if a, b := len(images.Classes()), len(t.options.Images.Classes()); a != b {
		return refuse("{test-data} %s has %d classes, {data} %s has %d", test.Input.Data.Name, a, data.Name, b)
	}
	t.options.Test = images
	return nil
}

// settings are what decides the numbers of a run.
func (t *Training) settings(o TrainOptions) (train.Settings, error) {
	schedule, err := train.ParseSchedule(o.Schedule)
	if err != nil {
		return train.Settings{}, refuse("{schedule} %s: %w", o.Schedule, err)
	}
	schedule.Rate, schedule.WarmUp = o.Rate, o.WarmUp
	return train.Settings{
		Epochs: o.Epochs, Batch: t.config.Batch, Seed: t.spec.seed(), Schedule: schedule,
		SGD:       nn.SGD{Momentum: o.Momentum, Decay: o.WeightDecay, DecayAll: o.DecayAll, Nesterov: o.Nesterov},
		Smoothing: o.LabelSmoothing, Augment: o.Augment,
		Data: t.spec.Input.describeData(t.options.Images),
	}, nil
}

// build builds what is to be trained: the net of each depth, after its plain twin
// if twins are wanted.
func (t *Training) build(depths []int, twins bool) ([]*resnet.Model, error) {
	var nets []*resnet.Model
	for _, depth := range depths {
		c := t.config
		c.Depth = depth
		configs := []resnet.Config{c}
		if twins {
			twin, ok := c.Twin()
			if !ok {
				_, err := c.Resolve()
				return nil, refuse("{compare}: %w", cmp.Or(err, fmt.Errorf("%s has no plain twin", c.Arch)))
			}
			configs = []resnet.Config{twin, c}
		}
		for _, c := range configs {
			net, err := resnet.Build(c)
			if err != nil {
				return nil, refused(err)
			}
			nets = append(nets, net)
		}
	}
	return nets, nil
}

// openWeights reads the weights to begin with.
func (t *Training) openWeights() (err error) {
	if t.spec.Weights == "" {
		return nil
	}
	if len(t.nets) > 1 {
		return refuse("{weights} are of one net, but %d are to be trained", len(t.nets))
	}
	t.options.Session.Source, t.partial, err = loadWeights(&t.spec, t.nets[0], t.watch.listener)
	return err
}

// checkMemory refuses nets whose training does not fit.
func (t *Training) checkMemory() error {
	o := t.options.Session
	o.Pass = nn.TrainingStep(t.options.Smoothing, t.options.SGD)
	for _, m := range t.nets {
		err := checkMemory(t.device, m.Model, o)
		if have, _ := tooMuch(t.device, err); err != nil && have == 0 {
			return refused(err) // a step can't be made at all
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openHistory opens the history's file, if there is to be one.
func (t *Training) openHistory(o TrainOptions) error {
	open := train.NewHistory
	if o.Resume {
		if info, err := os.Stat(o.Save); err != nil || !info.IsDir() {
			return refuse("{resume}: there is no folder %s", o.Save)
		}
		open = train.ContinueHistory
	}
	t.history = o.History
	if t.history == "" && o.Save != "" {
		if err := os.MkdirAll(o.Save, 0o777); err != nil {
			return refuse("{save}: %w", err)
		}
		t.history = filepath.Join(o.Save, "history.jsonl")
	}
	t.close = func() error { return nil }
	if t.history != "" {
		t.options.History = open(t.history)
		t.close = t.options.History.Close
	}
	return nil
}

// train trains every net with every seed.
func (t *Training) train(ctx context.Context) (train.Comparison, error) {
	var seeds []uint64
	for i := range t.seeds {
		seeds = append(seeds, t.spec.seed()+uint64(i))
	}
	c, err := train.Compare(ctx, t.device, t.nets, seeds, t.options)
	if never := (train.RefusedError{}); errors.As(err, &never) {
		err = refused(err)
	}
	return c, err
}

// report reports what was trained; nothing, if no run has made a step.
func (t *Training) report(c train.Comparison, failed error) (*report.Train, error) {
	if len(c.Results) == 0 || failed != nil && c.Results[0].Steps == 0 {
		return nil, failed
	}
	tracks, err := t.tracks()
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	rep := report.NewTrain(c, tracks, t.history)
	rep.Data, rep.Settings = t.spec.Input.Data.Name, t.options.Settings
	for i := range rep.Runs {
		rep.Runs[i].Model.Partial = t.partial
	}
	rep.Device = profile.DescribeDevice(t.device.Info(), t.options.Session)
	return rep, errors.Join(append([]error{failed}, c.Failed...)...)
}

// tracks are the runs' curves: from the history where there is one, which knows
// what was before an interruption too.
func (t *Training) tracks() ([]*train.Track, error) {
	if t.history == "" {
		return t.watch.curves.Tracks(), nil
	}
	if _, err := os.Stat(t.history); errors.Is(err, fs.ErrNotExist) { // runs that had ended before left none
		return t.watch.curves.Tracks(), nil
	}
	return readTracks(t.history)
}
