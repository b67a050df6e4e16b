package train

import (
	"math"
	"time"
)

// Run identifies a training run by its net and seed.
type Run struct {
	Model string `json:"model"`
	Seed  uint64 `json:"seed"`
}

// StepRecord is one step of a run.
type StepRecord struct {
	Run
	Step  int     `json:"step"`  // counted from 1
	Epoch int     `json:"epoch"` // that the step belongs to, counted from 1
	Rate  float64 `json:"lr"`    // learning rate
	Loss  float64 `json:"loss"`  // mean over the batch, before the update
}

// EpochRecord is one completed epoch of a run. Figures of the test images are nil if they
// weren't measured or aren't finite.
type EpochRecord struct {
	Run
	Epoch      int      `json:"epoch"`       // counted from 1
	Step       int      `json:"step"`        // steps of the run up to the end of the epoch
	TrainLoss  float64  `json:"train_loss"`  // mean over the epoch's steps
	TrainError float64  `json:"train_error"` // share of images misclassified, each in its own step
	TestLoss   *float64 `json:"test_loss,omitempty"`
	TestError  *float64 `json:"test_error,omitempty"` // share of images misclassified
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

// Begin says how a run starts.
type Begin struct {
	From string // the path of the checkpoint that it resumes from, "" if it starts anew
	Step int    // steps made before
	Done bool   // the checkpoint is of a finished run: nothing is left to do
}

// Event reports the progress of a run. Exactly one of Begin, Step, Epoch, Scored and
// Saved is set.
type Event struct {
	Run
	Begin  *Begin
	Step   *StepRecord
	Epoch  *EpochRecord
	Scored *Score // the score so far, while an epoch is evaluated; see Evaluate
	Saved  string // the path of a checkpoint that was written

	Steps, Epochs int           // of the whole run
	ImagesPerS    float64       // recent training speed in images per second, 0 if not known yet
	Left          time.Duration // estimated time left, 0 if not known yet
}

// pace estimates the speed of a run.
type pace struct {
	perStep float64 // seconds per step, smoothed; 0: not known yet
	perEval float64 // seconds per evaluation, smoothed; 0: not known yet
}

// step takes the time of a step into account.
func (p *pace) step(d time.Duration) { p.perStep = smooth(p.perStep, d.Seconds()) }

// eval takes the time of an evaluation into account.
func (p *pace) eval(d time.Duration) { p.perEval = smooth(p.perEval, d.Seconds()) }

// smooth is exponential smoothing with a weight of 0.1 for the new value.
func smooth(old, now float64) float64 {
	if old == 0 {
		return now
	}
	return 0.9*old + 0.1*now
}

// left estimates the time of the remaining steps and evaluations.
func (p *pace) left(steps, evaluations int) time.Duration {
	return time.Duration((float64(steps)*p.perStep + float64(evaluations)*p.perEval) * 1e9)
}
