package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

// trainFlags say how nets are trained.
type trainFlags struct {
	depths                      depthList
	compare                     bool
	seeds, epochs, saveEvery    int
	rate, momentum, decay, warm number
	smoothing                   number
	decayAll, nesterov, augment bool
	resume                      bool
	schedule, folder, history   string
	test                        string
}

const trainBatch = 128

func (f *trainFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.seeds, f.epochs, f.schedule = 1, 3, string(train.Constant)
	f.rate, f.momentum, f.decay = 0.05, 0.9, 1e-4
	fs.Lookup("depth").Value = &f.depths
	fs.Lookup("depth").Usage = "layers with weights, or a list of them: cifar 6n+2 or 9n+2, imagenet 18, 34, 50 … (default 20)"
	fs.Lookup("family").Usage = "stem and stages: cifar or imagenet (default cifar)"
	fs.Lookup("batch").Usage = fmt.Sprintf("images in a step (default %d)", trainBatch)
	fs.Lookup("seed").Usage = "seed of the initialisation, the images' order and their augmentation: the same seed gives the same bits"
	fs.Lookup("weights").Usage = "a checkpoint whose weights to begin with (default: He initialisation)"
	fs.BoolVar(&f.compare, "compare", false, "train the plain twin of each net too, for comparison")
	wholeFlag(fs, &f.seeds, "seeds", "", 1, 1000, "train each net so often, with seeds counted up from --seed")
	wholeFlag(fs, &f.epochs, "epochs", "", 1, 1_000_000, "passes through the training images")
	fs.Var(&f.rate, "lr", "learning rate")
	fs.Var(&f.momentum, "momentum", "momentum of SGD")
	fs.BoolVar(&f.nesterov, "nesterov", false, "Nesterov's form of the momentum")
	fs.Var(&f.decay, "weight-decay", "weight decay, of the weights of convolutions and linear layers")
	fs.BoolVar(&f.decayAll, "decay-all", false, "weight decay of biases and batch norms too")
	fs.StringVar(&f.schedule, "schedule", f.schedule, "how the learning rate falls: "+train.Schedules+" (step: by ten, after a half and three quarters)")
	fs.Var(&f.warm, "lr-warmup", "epochs in which the learning rate rises from zero")
	fs.Var(&f.smoothing, "label-smoothing", "part of each label that is spread over all classes")
	fs.BoolVar(&f.augment, "augment", false, "shift images by up to 4 pixels and mirror half of them, as the paper does")
	fs.StringVar(&f.test, "test-data", "", "data set to evaluate on after each epoch (default: the test images of --data)")
	fs.StringVar(&f.folder, "save", "", "folder for a checkpoint an epoch, and the history")
	wholeFlag(fs, &f.saveEvery, "save-every", "", 1, 1<<31-1, "a checkpoint every so many steps too, which the next replaces")
	fs.BoolVar(&f.resume, "resume", false, "go on from the newest checkpoint in --save's folder")
	fs.StringVar(&f.history, "history", "", "file of JSON lines: the loss of each step, the errors of each epoch (default: history.jsonl in --save's folder)")
	complete(cmd, "schedule", "constant", "step", "cosine")
}

// settings are what the flags say of a run.
func (f *trainFlags) settings(m *modelFlags, data string) (train.Settings, error) {
	schedule, err := train.ParseSchedule(f.schedule)
	if err != nil {
		return train.Settings{}, usage("--schedule %s: %w", f.schedule, err)
	}
	schedule.Rate, schedule.WarmUp = float64(f.rate), float64(f.warm)
	return train.Settings{
		Epochs: f.epochs, Batch: m.config.Batch, Seed: m.seed, Schedule: schedule, Smoothing: float64(f.smoothing), Augment: f.augment, Data: data,
		SGD: resnet.SGD{Momentum: float64(f.momentum), Decay: float64(f.decay), DecayAll: f.decayAll, Nesterov: f.nesterov},
	}, nil
}

// check reports flags that do not go together.
func (f *trainFlags) check(cmd *cobra.Command, m *modelFlags) error {
	switch {
	case f.folder == "" && (f.resume || f.saveEvery > 0):
		return usage("--resume and --save-every need the folder that --save names")
	case f.compare && m.config.Plain:
		return usage("--compare trains the plain twin beside the net: leave --plain out")
	case m.config.Arch != "" && given(cmd.Flags(), "depth") && len(f.depths) > 1:
		return usage("--arch names one net: a list of depths does not go with it")
	case f.history != "":
		return checkTarget("history", f.history)
	}
	return nil
}

// nets builds what is to be trained: for each depth the net, with --compare
// after its plain twin.
func (f *trainFlags) nets(m *modelFlags) ([]*resnet.Model, error) {
	var nets []*resnet.Model
	for _, depth := range f.depths.or(m.config) {
		c := m.config
		c.Depth = depth
		if f.compare {
			twin, ok := c.Twin()
			if !ok {
				_, err := c.Resolve()
				return nil, asUsage(errors.Join(err, fmt.Errorf("--compare: %s has no plain twin", c.Arch)))
			}
			net, err := resnet.Build(twin)
			if err != nil {
				return nil, asUsage(err)
			}
			nets = append(nets, net)
		}
		net, err := resnet.Build(c)
		if err != nil {
			return nil, asUsage(err)
		}
		nets = append(nets, net)
	}
	return nets, nil
}

// depthList is a flag for one depth or several.
type depthList []int

func (*depthList) Type() string { return "N,N…" }

func (d *depthList) String() string {
	if d == nil {
		return ""
	}
	var text []string
	for _, n := range *d {
		text = append(text, strconv.Itoa(n))
	}
	return strings.Join(text, ",")
}

func (d *depthList) Set(s string) error {
	depths, err := integers(s)
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for _, n := range depths {
		if n < 1 || n > 1_000_000 {
			return errors.New("each must be from 1 to 1000000")
		}
		if seen[n] {
			return fmt.Errorf("%d is there twice", n)
		}
		seen[n] = true
	}
	*d = depths
	return nil
}

// or is the list, or the depth that a net by name has, or 20.
func (d *depthList) or(c resnet.Config) []int {
	switch {
	case len(*d) > 0:
		return *d
	case c.Arch != "":
		return []int{0}
	}
	return []int{20}
}

// number is a flag for a finite number from 0.
type number float64

func (*number) Type() string { return "X" }

func (n *number) String() string {
	if n == nil || *n == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*n), 'g', -1, 64)
}

func (n *number) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1e38) {
		return errors.New("it must be a number from 0")
	}
	*n = number(v)
	return nil
}
