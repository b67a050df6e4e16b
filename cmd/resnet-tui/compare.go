package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
	"resnet-tui/tui"
)

// compareFlags are what compare takes beside a net's and a run's flags.
type compareFlags struct {
	model         modelFlags
	run           runFlags
	data          dataFlags
	output        outputFlags
	with, history string
}

const compareBatch = 8

// compareCommand sets a net beside another.
func compareCommand(a *app) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "a net and its plain twin, or any two: cost, time, gradients and responses by depth",
		Long: "Runs two nets forward and backward on the same images and labels and sets them side by side: a, and b, which is its plain " +
			"twin unless --with says otherwise. Both begin with the same weights where both have them. " +
			"With --history it shows what training wrote down instead.",
		Example: "resnet-tui compare --depth 34\nresnet-tui compare --depth 56 --family cifar --norm none --batch 64\n" +
			"resnet-tui compare --depth 50 --with \"--lesion layer3.2=drop-branch\"\nresnet-tui compare --history figure6.jsonl",
	}
	f.model.add(cmd)
	f.model.addLesions(cmd)
	f.run.addEngine(cmd)
	f.run.addInput(cmd)
	f.run.addLabels(cmd)
	f.data.add(cmd)
	f.output.add(cmd)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images in a pass (default %d)", compareBatch)
	cmd.Flags().StringVar(&f.with, "with", "", "the flags of the other net, as \"--depth 50 --plain\"; what they leave open is as for the first (default: its plain twin)")
	cmd.Flags().StringVar(&f.history, "history", "", "show the runs that train --history wrote down")
	cmd.RunE = a.run(func(cmd *cobra.Command) error { return f.command(cmd, a) })
	return cmd
}

func (f *compareFlags) command(cmd *cobra.Command, a *app) error {
	if err := f.output.check(); err != nil {
		return err
	}
	if f.history != "" {
		return f.showHistory(cmd, a)
	}
	c, err := f.compare(cmd)
	if err != nil {
		return err
	}
	return f.output.print(cmd, c)
}

// compare runs both nets, one after the other.
func (f *compareFlags) compare(cmd *cobra.Command) (*report.Compare, error) {
	f.run.backward = true
	if err := f.model.adoptBuiltin(cmd.Flags()); err != nil {
		return nil, err
	}
	in, labels, err := f.images(cmd)
	if err != nil {
		return nil, err
	}
	if !given(cmd.Flags(), "batch") && f.model.config.Batch == 0 && len(f.run.input) == 0 {
		f.model.config.Batch = compareBatch
	}
	other, err := f.other()
	if err != nil {
		return nil, err
	}
	classes, err := sameImages(&f.model, other, labels)
	if err != nil {
		return nil, err
	}
	if in == nil && len(f.run.input) == 0 {
		in = f.random()
	}
	if labels == nil && in != nil && f.run.labels == "" {
		labels = resnet.RandomTarget(f.model.seed, in.batch.Shape[0], classes)
	}
	a, err := f.side(cmd, &f.model, in, labels)
	if err != nil {
		return nil, err
	}
	b, err := f.side(cmd, other, in, labels)
	if err != nil {
		return nil, err
	}
	return report.NewCompare(a, b), nil
}

// images are the first of a data set, if one is named, with their labels, or
// those that are carried with the net's weights.
func (f *compareFlags) images(cmd *cobra.Command) (*images, []int, error) {
	switch {
	case f.data.spec == "" && len(f.run.input) > 0:
		return nil, nil, nil
	case f.data.spec == "":
		in, labels, err := f.model.samples()
		if f.run.labels != "" {
			labels = nil
		}
		return in, labels, err
	}
	if len(f.run.input) > 0 || f.run.labels != "" {
		return nil, nil, usage("--data brings images and labels: it does not go with --input and --labels")
	}
	data, err := f.data.open(cmd, &f.model, vision.Test)
	if err != nil {
		return nil, nil, err
	}
	if !given(cmd.Flags(), "batch") {
		f.model.config.Batch = compareBatch
	}
	c, h, w := data.Shape()
	n := f.model.config.Batch
	if data.Len() < n {
		return nil, nil, usage("--batch %d: --data %s has %d images", n, f.data.spec, data.Len())
	}
	in, labels, err := firstImages(data, tensor.Shape{n, c, h, w})
	if err != nil {
		return nil, nil, err
	}
	in.source = fmt.Sprintf("the first %d of %s", n, f.data.spec)
	return in, labels, nil
}

// random are the images that a net takes by itself, for both nets.
func (f *compareFlags) random() *images {
	c, err := f.model.config.Resolve()
	if err != nil {
		panic(err) // it was built before
	}
	shape := tensor.Shape{c.Batch, c.Channels, c.Height, c.Width}
	return &images{batch: resnet.RandomInput(f.model.seed, shape), source: fmt.Sprintf("random, seed %d", f.model.seed)}
}

// other are the flags of the second net.
func (f *compareFlags) other() (*modelFlags, error) {
	m := f.model
	m.lesions = nil
	c, err := m.config.Resolve()
	if err != nil {
		return nil, asUsage(err)
	}
	if f.with != "" {
		return parseWith(f.with, m, c)
	}
	twinWeights := m.twinWeights()
	if m.weights != "" && twinWeights == "" {
		return nil, usage("--weights are the net's, and its twin needs some of its own: --with \"--plain --weights FILE\"")
	}
	twin, ok := c.Twin()
	if !ok {
		return nil, usage("%s has no plain twin: name the other net by --with", c.Arch)
	}
	m.config, m.weights = twin, twinWeights
	return &m, nil
}

// parseWith reads the flags of --with. What they leave open is as in m, whose
// net is c.
func parseWith(text string, m modelFlags, c resnet.Config) (*modelFlags, error) {
	var other modelFlags
	cmd := &cobra.Command{}
	other.add(cmd)
	other.addLesions(cmd)
	parse := func() error {
		if err := cmd.ParseFlags(strings.Fields(text)); err != nil {
			return usage("--with %q: %s", text, flagMistake(err))
		}
		if rest := cmd.Flags().Args(); len(rest) > 0 {
			return usage("--with %q: %s is no flag", text, rest[0])
		}
		return nil
	}
	if err := parse(); err != nil { // to see what it says
		return nil, err
	}
	fs := cmd.Flags()
	if !fs.Changed("seed") {
		other.seed = m.seed
	}
	other.lesions, other.config = nil, leftOpen(fs, c)
	return &other, parse()
}

// leftOpen is a net for flags to change: c, or nothing but its images where
// they name another net altogether.
func leftOpen(fs *pflag.FlagSet, c resnet.Config) resnet.Config {
	if fs.Changed("arch") || fs.Changed("family") {
		return resnet.Config{Classes: c.Classes, Channels: c.Channels, Height: c.Height, Width: c.Width, Batch: c.Batch}
	}
	c.Arch = ""
	if fs.Changed("depth") {
		c.Block = resnet.BlockDefault
	}
	return c
}

// side runs one net.
func (f *compareFlags) side(cmd *cobra.Command, m *modelFlags, in *images, labels []int) (side report.Side, err error) {
	s, err := prepare(cmd, m, &f.run)
	if err != nil {
		return side, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if in != nil {
		s.images = in
	}
	if labels != nil {
		s.target = labels
	}
	s.options.Moments, s.options.Norms = true, true
	side.Run, err = s.onePass(cmd, func(ctx context.Context, session *resnet.Session, _ *report.Run) error {
		if side.Responses, err = session.Responses(ctx); err != nil {
			return err
		}
		side.Profile, err = profile.Measure(ctx, session, profile.MeasureOptions{Runs: compareRuns, Warmup: 1})
		return err
	})
	return side, err
}

// compareRuns is the passes of which times are medians.
const compareRuns = 5

// sameImages reports nets that can't be built, or do not take the same images;
// and the number of classes that both have.
func sameImages(a, b *modelFlags, labels []int) (classes int, err error) {
	x, err := a.build()
	if err != nil {
		return 0, err
	}
	y, err := b.build()
	if err != nil {
		return 0, err
	}
	classes = min(x.Config.Classes, y.Config.Classes)
	switch {
	case !x.Root.In.Equal(y.Root.In):
		return 0, usage("%s takes %v and %s %v: to compare them, both must take the same images", x.Name, x.Root.In, y.Name, y.Root.In)
	case labels != nil && classes <= slices.Max(labels):
		return 0, usage("the data has more classes than %s and %s both have", x.Name, y.Name)
	}
	return classes, nil
}

// showHistory shows what training wrote down: on a terminal as curves that
// follow a run which still goes on, else as a report.
func (f *compareFlags) showHistory(cmd *cobra.Command, a *app) error {
	tracks, err := readTracks(f.history)
	if err != nil {
		return asUsage(err)
	}
	if a.onTerminal() && f.output.format == "text" && f.output.file == "-" {
		return tui.Watch(cmd.Context(), tui.WatchOptions{Title: f.history, Theme: tui.ThemeAuto, Training: func() (*tui.Training, error) {
			tracks, err := readTracks(f.history)
			return &tui.Training{Tracks: tracks, Note: "q leaves"}, err
		}})
	}
	return f.output.print(cmd, report.NewTrainHistory(f.history, tracks))
}

// readTracks reads a history of training.
func readTracks(path string) ([]*train.Track, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--history: %w", err)
	}
	defer file.Close()
	tracks, bad, err := train.ReadHistory(file)
	if err == nil && len(tracks) == 0 {
		err = fmt.Errorf("it holds no training run (%d lines that are none of its records)", bad)
	}
	if err != nil {
		return nil, fmt.Errorf("--history %s: %w", path, err)
	}
	return tracks, nil
}
