package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
	"resnet-tui/tui"
)

// trainCommand trains nets.
func trainCommand(p *program) *cobra.Command {
	var spec app.Spec
	o := app.DefaultTrainOptions()
	var out outputFlags
	var plain bool
	cmd := &cobra.Command{
		Use:   "train",
		Short: "train a small net, or nets and their plain twins, on a data set",
		Long: "Trains by stochastic gradient descent. --save writes a checkpoint after each epoch and when " +
			"training is interrupted; " +
			"--resume continues from there, with the same bits as without the interruption. --compare also " +
			"trains each net's plain twin; " +
			"On the screen, q and ctrl-c ask whether it goes on without the screen or stops, with exit code 1; " +
			"a second ctrl-c stops it. " +
			"--depth takes a list; --seeds N repeats every run with N seeds. All three together are the " +
			"experiment of the paper's figure 6.",
		Example: "resnet-tui train --depth 20 --data fashion-mnist --epochs 10 --schedule cosine --augment --save " +
			"runs/r20\n" +
			"resnet-tui train --compare --depth 20,56 --data fashion-mnist --seeds 3 --history figure6.jsonl\n" +
			"resnet-tui train --data synthetic:2000 --depth 8",
	}
	addNet(cmd, &spec)
	addData(cmd, &spec.Input.Data)
	addPreprocess(cmd, &spec.Input.Preprocess)
	addTraining(cmd, &o)
	addCheckpoints(cmd, &o)
	addDevice(cmd, &spec)
	out.add(p, cmd)
	section(cmd, "screen", func(fs *pflag.FlagSet) {
		fs.BoolVar(&plain, "plain-output", false, "print lines on stderr instead of live curves")
	})
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Train, error) {
		return p.train(ctx, spec, o, !plain && p.onTerminal() && out.format == "text")
	})
	return cmd
}

// train trains, and says where an interrupted run can be continued from.
func (p *program) train(ctx context.Context, spec app.Spec, o app.TrainOptions, screen bool) (*report.Train, error) {
	if o.History != "" {
		if err := checkTarget("history", o.History); err != nil {
			return nil, err
		}
	}
	t, err := p.service().OpenTraining(ctx, spec, o, p.console.listener())
	if err != nil {
		return nil, err
	}
	work := t.Run
	if screen {
		work = func(ctx context.Context) (*report.Train, error) { return p.trainOnScreen(ctx, t, o.Save != "") }
	}
	rep, err := work(ctx)
	p.console.clear()
	if hint := resumeHint(rep, err); hint != "" {
		p.tell(hint)
	}
	return rep, err
}

// resumeHint says where a run goes on that was interrupted, or whose device was lost; ""
// where nothing was saved.
func resumeHint(rep *report.Train, err error) string {
	at := lastCheckpoint(rep)
	if at == "" || !errors.Is(err, context.Canceled) && !app.Lost(err) {
		return ""
	}
	return at + " holds what was trained; --resume goes on from there"
}

// addTraining adds the flags of how nets are trained.
func addTraining(cmd *cobra.Command, o *app.TrainOptions) {
	fs := cmd.Flags()
	fs.Lookup("depth").Value = &depthList{list[int]{&o.Depths, readWhole}}
	fs.Lookup("depth").Usage = "number of layers with weights, or a list: cifar 6n+2 or 9n+2, imagenet 18, 34, 50 … " +
		"(default 20)"
	fs.Lookup("family").Usage = "stem and stages: cifar or imagenet (default cifar)"
	fs.Lookup("batch").Usage = fmt.Sprintf("images per step (default %d)", app.TrainBatch)
	fs.Lookup("seed").Usage = "seed of the initialisation, of the images' order and of their augmentation; " +
		"the same seed gives the same bits (default 1)"
	fs.Lookup("weights").Usage = "checkpoint to start from (default: He initialisation)"
	section(cmd, "training", func(fs *pflag.FlagSet) {
		wholeFlag(fs, &o.Epochs, "epochs", 1, 1_000_000, "passes over the training images")
		fs.Var(number{&o.Rate}, "lr", "learning rate")
		fs.BoolVar(&o.Twins, "compare", false, "also train the plain twin of each net")
		wholeFlag(fs, &o.Seeds, "seeds", 1, 1000, "repeat every run with N seeds, counting up from --seed")
		fs.StringVar(&o.Schedule, "schedule", o.Schedule,
			"learning-rate schedule: "+app.Schedules+" (step divides it by ten at 1/2 and 3/4 of the run)")
		fs.Var(number{&o.WarmUp}, "lr-warmup", "epochs in which the learning rate rises from zero")
		fs.Var(number{&o.Momentum}, "momentum", "momentum of SGD")
		fs.BoolVar(&o.Nesterov, "nesterov", false, "use Nesterov momentum")
		fs.Var(number{&o.WeightDecay}, "weight-decay", "weight decay of convolutions and linear layers")
		fs.BoolVar(&o.DecayAll, "decay-all", false, "apply weight decay to biases and batch norms too")
		fs.Var(number{&o.LabelSmoothing}, "label-smoothing", "share of each label that is distributed over all classes")
		fs.BoolVar(&o.Augment, "augment", false,
			"shift images by up to 4 pixels and mirror half of them, as the paper does")
		fs.StringVar(&o.TestData, "test-data", "",
			"data set to evaluate on after each epoch (default: the test images of --data)")
	})
	complete(cmd, "schedule", "constant", "step", "cosine")
}

// addCheckpoints adds the flags of what training writes.
func addCheckpoints(cmd *cobra.Command, o *app.TrainOptions) {
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.StringVar(&o.Save, "save", "", "folder for a checkpoint per epoch, and the history")
		fs.BoolVar(&o.Resume, "resume", false, "continue from the newest checkpoint in the folder of --save")
		wholeFlag(fs, &o.SaveEvery, "save-every", 1, 1<<31-1,
			"also save a checkpoint every N steps, replacing the previous one")
		fs.StringVar(&o.History, "history", "",
			"file of JSON lines: the loss of each step, the errors of each epoch (default: history.jsonl in the "+
				"folder of --save)")
	})
}

// depthList is a flag for one depth or several, each once.
type depthList struct{ list[int] }

func (d *depthList) Type() string { return "N,N…" }

func (d *depthList) Set(s string) error {
	if err := d.list.Set(s); err != nil {
		return err
	}
	if len(*d.to) == 0 {
		return errors.New("there must be at least one")
	}
	seen := map[int]bool{}
	for _, n := range *d.to {
		switch {
		case n < 1 || n > 1_000_000:
			return errors.New("each must be from 1 to 1000000")
		case seen[n]:
			return fmt.Errorf("%d is given twice", n)
		}
		seen[n] = true
	}
	return nil
}

// trainOnScreen trains with live curves on the screen. When the user leaves the screen
// and doesn't stop the training, it goes on with lines.
func (p *program) trainOnScreen(ctx context.Context, t *app.Training, saves bool) (rep *report.Train, err error) {
	training, stop := context.WithCancel(ctx) // the screen outlives the training
	defer stop()
	var finished sync.WaitGroup
	done := make(chan struct{})
	p.console.mute(true)
	finished.Go(func() {
		defer close(done)
		rep, err = t.Run(training)
	})
	now := func() (*tui.Training, error) {
		select {
		case <-done:
			return &tui.Training{Tracks: t.Curves().Tracks(), Note: endNote(err), Done: true}, nil
		default:
			return &tui.Training{Tracks: t.Curves().Tracks(), Note: t.Curves().Note()}, nil
		}
	}
	failed := tui.Watch(ctx, tui.WatchOptions{
		Title: "train", Theme: tui.ThemeAuto, ASCII: p.ascii(), Training: now, Stop: stop, Saves: saves,
	})
	p.console.mute(false)
	finished.Wait()
	if errors.Is(failed, context.Canceled) {
		failed = nil // training says so itself
	}
	return rep, errors.Join(err, failed)
}

// endNote says how a training ended.
func endNote(err error) string {
	if err != nil {
		return oneLine(err)
	}
	return "final figures"
}

// lastCheckpoint is where the run that was trained last was saved; "" if it wasn't.
func lastCheckpoint(rep *report.Train) string {
	if rep == nil || len(rep.Runs) == 0 {
		return ""
	}
	return rep.Runs[len(rep.Runs)-1].Checkpoint
}
