package app

import (
	"encoding/json"

	"resnet-tui/resnet/train"
)

// TrainOptions say how nets are trained. The zero value trains nothing: begin with
// DefaultTrainOptions, as their JSON does.
type TrainOptions struct {
	Depths   []int  `json:"depths,omitempty"` // a net of each, in place of the spec's depth
	Twins    bool   `json:"twins,omitempty"`  // the plain twin of each net too
	Seeds    int    `json:"seeds"`            // runs of each net, with seeds counted up from the spec's
	Epochs   int    `json:"epochs"`
	Augment  bool   `json:"augment,omitempty"`   // shift and mirror images
	TestData string `json:"test_data,omitempty"` // a data set to evaluate on; "": the test images of the spec's

	Schedule       string  `json:"schedule"` // of the learning rate, see Schedules
	Rate           float64 `json:"lr"`
	WarmUp         float64 `json:"lr_warmup,omitempty"` // epochs
	Momentum       float64 `json:"momentum"`
	Nesterov       bool    `json:"nesterov,omitempty"`
	WeightDecay    float64 `json:"weight_decay"`
	DecayAll       bool    `json:"decay_all,omitempty"` // biases and batch norms decay too
	LabelSmoothing float64 `json:"label_smoothing,omitempty"`

	Save      string `json:"save,omitempty"`       // folder of checkpoints, one per epoch; "" for none
	SaveEvery int    `json:"save_every,omitempty"` // steps between checkpoints within an epoch, 0 for none
	Resume    bool   `json:"resume,omitempty"`     // continue from the newest checkpoint in Save
	History   string `json:"history,omitempty"`    // file of JSON lines; "": history.jsonl in Save, if that is set
}

// TrainBatch is the number of images per step where the spec leaves it open.
const TrainBatch = 128

// Schedules is how schedules of the learning rate are named, for help and messages.
const Schedules = train.Schedules

// DefaultTrainOptions are those of a short run.
func DefaultTrainOptions() TrainOptions {
	return TrainOptions{
		Seeds: 1, Epochs: 3, Schedule: string(train.Constant), Rate: 0.05, Momentum: 0.9, WeightDecay: 1e-4,
	}
}

// UnmarshalJSON reads options. Those that the JSON leaves out are the defaults.
func (o *TrainOptions) UnmarshalJSON(data []byte) error {
	type fields TrainOptions // without this method
	f := fields(DefaultTrainOptions())
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*o = TrainOptions(f)
	return nil
}

// check refuses options that do not go together.
func (o *TrainOptions) check(spec Spec) error {
	switch {
	case o.Seeds < 1:
		return refuse("{seeds} %d: it must be at least 1", o.Seeds)
	case o.Save == "" && (o.Resume || o.SaveEvery > 0):
		return refuse("{resume} and {save-every} need the folder that {save} names")
	case o.Twins && spec.Net.Plain:
		return refuse("{compare} trains the plain twin beside the net: leave {plain} out")
	case spec.Net.Arch != "" && len(o.Depths) > 1:
		return refuse("{arch} names one net: a list of depths does not go with it")
	}
	return nil
}
