package train

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"resnet-tui/resnet/nn"
)

// Settings are all that decides the numbers of a run, with the net, the images
// and the machine. A checkpoint carries them.
type Settings struct {
	Epochs    int      `json:"epochs"`
	Batch     int      `json:"batch"`
	Seed      uint64   `json:"seed"` // of initialisation, order and augmentation
	Schedule  Schedule `json:"schedule"`
	SGD       nn.SGD   `json:"sgd"`
	Smoothing float64  `json:"smoothing"` // of labels
	Augment   bool     `json:"augment"`   // pad, crop and mirror
	Data      string   `json:"data"`      // names the training images
}

func (s *Settings) check() error {
	switch {
	case s.Epochs < 1:
		return fmt.Errorf("%d epochs: there must be at least 1", s.Epochs)
	case s.Batch < 1:
		return fmt.Errorf("a batch of %d: it must be at least 1", s.Batch)
	}
	return s.Schedule.check()
}

// continues reports whether a run with settings s may go on from step done of
// one with old settings: nothing differs but the number of epochs, and that
// has made no difference yet.
func (s *Settings) continues(old *Settings, done, perEpoch int) error {
	now, before := *s, *old
	now.Epochs, before.Epochs = 0, 0
	if what := difference(before, now); what != "" {
		return errors.New(what)
	}
	for step := range done {
		if s.Schedule.at(step, perEpoch, s.Epochs) != old.Schedule.at(step, perEpoch, old.Epochs) {
			return fmt.Errorf("epochs were %d and are %d, which would have changed the learning rate before now", old.Epochs, s.Epochs)
		}
	}
	return nil
}

// difference names the first field in which two structs differ.
func difference[T any](was, is T) string {
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		if !reflect.DeepEqual(x, y) {
			return fmt.Sprintf("%s was %+v and is %+v", strings.ToLower(a.Type().Field(i).Name), x, y)
		}
	}
	return ""
}
