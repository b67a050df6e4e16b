package train

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/resnet/nn"
)

// Settings, with the net, the images and the machine, determine the numbers of a run. A
// checkpoint holds them.
type Settings struct {
	Epochs    int      `json:"epochs"`
	Batch     int      `json:"batch"`
	Seed      uint64   `json:"seed"` // for everything random: initialisation, order, augmentation, dropout
	Schedule  Schedule `json:"schedule"`
	SGD       nn.SGD   `json:"sgd"`
	Smoothing float64  `json:"smoothing"` // label smoothing, from 0
	Augment   bool     `json:"augment"`   // pad, crop and mirror the training images
	Data      string   `json:"data"`      // name of the training images; a run resumes only on the same
}

// check returns an error for settings that can't be used.
func (s *Settings) check() error {
	switch {
	case s.Epochs < 1:
		return fmt.Errorf("%d epochs: there must be at least 1", s.Epochs)
	case s.Batch < 1:
		return fmt.Errorf("a batch of %d: it must be at least 1", s.Batch)
	}
	return s.Schedule.check()
}

// continues returns an error unless a run with settings s may resume after step done of
// one with the old settings: they may differ in the number of epochs only, and only if
// that has made no difference so far.
func (s *Settings) continues(old *Settings, done, perEpoch int) error {
	now, before := *s, *old
	now.Epochs, before.Epochs = 0, 0
	if sameData(now.Data, before.Data) {
		before.Data = now.Data
	}
	if what := difference(before, now); what != "" {
		return errors.New(what)
	}
	for step := range done {
		if s.Schedule.at(step, perEpoch, s.Epochs) != old.Schedule.at(step, perEpoch, old.Epochs) {
			return fmt.Errorf("epochs were %d and are %d, which would have changed the learning rate before now",
				old.Epochs, s.Epochs)
		}
	}
	return nil
}

// sameData reports whether two names of training images name the same ones. The
// lists of means and deviations at their ends are compared by value: older versions
// kept them as they were typed.
func sameData(a, b string) bool {
	a, normA, _ := strings.Cut(a, normalised)
	b, normB, _ := strings.Cut(b, normalised)
	numbersA, numbersB := strings.FieldsFunc(normA, endsNumber), strings.FieldsFunc(normB, endsNumber)
	return a == b && slices.EqualFunc(numbersA, numbersB, sameNumber)
}

// normalised begins the part of a name of images that says how they are normalised:
// ", mean 0.5,0.5,0.5, std 0.25".
const normalised = ", mean "

func endsNumber(r rune) bool { return r == ',' || r == ' ' }

// sameNumber compares numbers by value, and other text as it is.
func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 32)
	y, errY := strconv.ParseFloat(b, 32)
	return a == b || errX == nil && errY == nil && x == y
}

// difference describes the first field in which two structs differ; "" if none does.
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
