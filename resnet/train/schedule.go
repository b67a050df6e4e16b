package train

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Decay is how the learning rate falls over a run.
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

// Schedule gives each step of a run its learning rate.
type Schedule struct {
	Rate   float64   `json:"rate"` // highest
	Decay  Decay     `json:"decay"`
	At     []float64 `json:"at,omitempty"` // of StepDecay: epochs, rising
	WarmUp float64   `json:"warm_up"`      // epochs in which the rate rises linearly, up to Rate
}

// Schedules are how schedules are named, for messages and help.
const Schedules = "constant, step, step:EPOCH,EPOCH…, cosine"

// ParseSchedule reads constant, step, step:30,60.5 or cosine.
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
			return c, fmt.Errorf("%q is no number of epochs", v)
		}
		c.At = append(c.At, at)
	}
	return c, c.checkAt()
}

func (c *Schedule) checkAt() error {
	last := 0.0
	for _, at := range c.At {
		if !(at > last) || math.IsInf(at, 1) {
			return errors.New("the epochs at which the rate falls must be above 0 and rise")
		}
		last = at
	}
	return nil
}

func (c *Schedule) check() error {
	switch {
	case !(c.Rate > 0) || math.IsInf(float64(float32(c.Rate)), 1):
		return fmt.Errorf("learning rate %v: it must be a number above 0", c.Rate)
	case !(c.WarmUp >= 0) || math.IsInf(c.WarmUp, 1):
		return fmt.Errorf("warm-up of %v epochs: it must be a number from 0", c.WarmUp)
	case c.Decay != Constant && c.Decay != StepDecay && c.Decay != Cosine:
		return fmt.Errorf("schedule %q: it must be one of %s", c.Decay, Schedules)
	}
	return c.checkAt()
}

// at is the learning rate of a step, counted from 0, of a run of epochs of so
// many steps each.
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

// falls counts the falls of a step decay up to now.
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
