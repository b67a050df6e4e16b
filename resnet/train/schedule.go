package train

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Decay is the way in which the learning rate falls over a run.
type Decay string

// The decays.
const (
	Constant Decay = "constant"
	// StepDecay divides the rate by ten at each of Schedule.At: by default after
	// a half and three quarters of the run (He et al. 2015, section 4.2).
	StepDecay Decay = "step"
	// Cosine follows half a period of the cosine down to zero (Loshchilov and
	// Hutter 2017, equation 5, without restarts).
	Cosine Decay = "cosine"
)

// Schedule determines the learning rate of each step.
type Schedule struct {
	Rate   float64   `json:"rate"` // the highest learning rate
	Decay  Decay     `json:"decay"`
	At     []float64 `json:"at,omitempty"` // when StepDecay lowers the rate: epochs, increasing
	WarmUp float64   `json:"warm_up"`      // epochs at the start in which the rate rises linearly to Rate
}

// Schedules lists the notations that ParseSchedule accepts, for messages and help.
const Schedules = "constant, step, step:EPOCH,EPOCH…, cosine"

// ParseSchedule parses constant, step, step:30,60.5 or cosine. It returns an error that
// lists Schedules for anything else, and one if epochs aren't positive and increasing.
func ParseSchedule(s string) (Schedule, error) {
	name, list, has := strings.Cut(s, ":")
	d := Decay(name)
	if d != Constant && d != StepDecay && d != Cosine || has && d != StepDecay {
		return Schedule{}, fmt.Errorf("it must be one of %s", Schedules)
	}
	c := Schedule{Decay: d}
	if !has {
		return c, nil
	}
	for _, v := range strings.Split(list, ",") {
		at, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return c, fmt.Errorf("%q is not a number of epochs", v)
		}
		c.At = append(c.At, at)
	}
	return c, c.checkAt()
}

// checkAt checks the epochs of a step decay.
func (c *Schedule) checkAt() error {
	last := 0.0
	for _, at := range c.At {
		if !(at > last) || math.IsInf(at, 1) {
			return errors.New("the epochs at which the rate falls must be above 0 and increasing")
		}
		last = at
	}
	return nil
}

// check returns an error for a schedule that can't be followed. The comparisons are negated
// so that NaN fails them.
func (c *Schedule) check() error {
	switch {
	case !(c.Rate > 0) || math.IsInf(float64(float32(c.Rate)), 1):
		return fmt.Errorf("learning rate %v: it must be a number above 0", c.Rate)
	case !(c.WarmUp >= 0) || math.IsInf(c.WarmUp, 1):
		return fmt.Errorf("warm-up of %v epochs: it must be a number of at least 0", c.WarmUp)
	case c.Decay != Constant && c.Decay != StepDecay && c.Decay != Cosine:
		return fmt.Errorf("schedule %q: it must be one of %s", c.Decay, Schedules)
	}
	return c.checkAt()
}

// at returns the learning rate of a step, counted from 0, in a run of epochs with
// perEpoch steps each.
func (c *Schedule) at(step, perEpoch, epochs int) float64 {
	now, total := float64(step)/float64(perEpoch), float64(epochs)
	if now < c.WarmUp {
		return c.Rate * min(1, float64(step+1)/(c.WarmUp*float64(perEpoch)))
	}
	switch c.Decay {
	case StepDecay:
		return c.Rate * math.Pow(0.1, float64(c.falls(now, total)))
	case Cosine:
		part := (now - c.WarmUp) / max(total-c.WarmUp, 1/float64(perEpoch))
		return c.Rate * (1 + math.Cos(math.Pi*min(part, 1))) / 2
	}
	return c.Rate
}

// falls counts how often a step decay has lowered the rate by the epoch now.
func (c *Schedule) falls(now, total float64) int {
	at := c.At
	if at == nil {
		at = []float64{total / 2, total * 3 / 4}
	}
	n := 0
	for n < len(at) && now >= at[n] {
		n++
	}
	return n
}
