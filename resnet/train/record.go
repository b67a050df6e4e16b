package train

import (
	"math"
	"time"
)

// Run names a training run: a net and a seed.
type Run struct {
	Model string `json:"model"`
	Seed  uint64 `json:"seed"`
}

// StepRecord is one step of a run.
type StepRecord struct {
	Run
	Step  int     `json:"step"`  // from 1
	Epoch int     `json:"epoch"` // that it belongs to, from 1
	Rate  float64 `json:"lr"`
	Loss  float64 `json:"loss"` // of its batch, before its update
}

// EpochRecord is one epoch of a run. What was not measured, or is no finite
// number, is nil.
type EpochRecord struct {
	Run
	Epoch      int      `json:"epoch"` // from 1
	Step       int      `json:"step"`  // steps made until its end
	TrainLoss  float64  `json:"train_loss"`
	TrainError float64  `json:"train_error"` // part of its images that were told wrongly, each before its update
	TestLoss   *float64 `json:"test_loss,omitempty"`
	TestError  *float64 `json:"test_error,omitempty"`
}

// setTest adds the score on the test images.
func (r *EpochRecord) setTest(s Score) {
	if s.Total == 0 {
		return
	}
	wrong := 1 - float64(s.Correct)/float64(s.Total)
	r.TestError = &wrong
	if !math.IsNaN(s.Loss) && !math.IsInf(s.Loss, 0) {
		r.TestLoss = &s.Loss
	}
}

// Begin tells how a run begins.
type Begin struct {
	From string // the checkpoint, "" for none
	Step int    // steps made before
	Done bool   // it had ended before: nothing is left to do
}

// Event tells of a run as it goes: one of the pointers is set, or Saved.
type Event struct {
	Run
	Begin  *Begin
	Step   *StepRecord
	Epoch  *EpochRecord
	Scored *Score // so far, while the epoch is evaluated
	Saved  string // a checkpoint's path

	Steps, Epochs int           // that the run will have
	ImagesPerS    float64       // of late, 0 if not known yet
	Left          time.Duration // of the run, 0 if not known yet
}

// pace estimates how fast a run goes.
type pace struct {
	perStep float64 // seconds, smoothed; 0: not known yet
	perEval float64 // seconds of an evaluation
}

func (p *pace) step(d time.Duration) { p.perStep = smooth(p.perStep, d.Seconds()) }

func (p *pace) eval(d time.Duration) { p.perEval = smooth(p.perEval, d.Seconds()) }

func smooth(old, now float64) float64 {
	if old == 0 {
		return now
	}
	return 0.9*old + 0.1*now
}

func (p *pace) left(steps, evaluations int) time.Duration {
	return time.Duration((float64(steps)*p.perStep + float64(evaluations)*p.perEval) * 1e9)
}
