package report

import (
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// LesionEffect is the effect of lesions (Veit, Wilber and Belongie 2016: blocks
// removed from a trained net): how a pass differs from one of the intact net with
// the same weights and images. Fields of the intact net have intact in their
// names in JSON; Correct counts are left out without labels.
type LesionEffect struct {
	Images     int       `json:"images"`
	Moved      int       `json:"top1_changed"` // images whose most likely class changed
	KL         Number    `json:"kl"`           // mean over images of KL(intact ‖ with lesions), in nats
	Correct    *int      `json:"correct,omitempty"`
	WasCorrect *int      `json:"correct_intact,omitempty"`
	IntactTop  [][]Guess `json:"top_intact"`
	IntactLoss *Number   `json:"loss_intact,omitempty"`
	IntactNS   int64     `json:"time_intact_ns"` // of a single pass

	Time        *profile.TimeEffect `json:"time,omitempty"` // on typical passes, measured turn about
	IntactGrads []BlockGrad         `json:"blocks_intact,omitempty"`
}

// SetEffect adds the comparison with a pass of the intact net. c compares the
// logits of both, intact ones first. The effect shares intact's slices.
func (r *Run) SetEffect(intact *Run, c train.Change) {
	r.Effect = &LesionEffect{
		Images:      c.Images,
		Moved:       c.Moved,
		KL:          Number(c.KL()),
		IntactTop:   intact.Output.Top,
		IntactLoss:  intact.Loss,
		IntactNS:    intact.TimeNS,
		IntactGrads: intact.Blocks,
	}
	if c.Labels > 0 {
		r.Effect.Correct, r.Effect.WasCorrect = &c.Right, &c.WasRight
	}
}

// effectFacts returns what the lesions changed: the output, the loss, the gradient
// that reaches the first block, and the time. None without lesions.
func (r *Run) effectFacts() (f facts) {
	e := r.Effect
	if e == nil {
		return nil
	}
	f.add("lesions", e.output())
	if r.Loss != nil && e.IntactLoss != nil {
		f.addf("", "loss %s → %s", number(e.IntactLoss).Text, number(r.Loss).Text)
	}
	if len(e.IntactGrads) > 0 && len(r.Blocks) > 0 {
		before, after := e.IntactGrads[0], r.Blocks[0]
		f.addf("", "‖∂L/∂x‖ at %s %s → %s", before.Path, number(&before.GradIn).Text, number(&after.GradIn).Text)
	}
	f.add("", "time "+e.Time.String())
	return f
}

// output puts the change of the net's output into words.
func (e *LesionEffect) output() string {
	line := fmt.Sprintf("top-1 class changed for %d of %d images, KL(intact ‖ with lesions) %s nats",
		e.Moved, e.Images, number(&e.KL).Text)
	if e.Correct != nil {
		line += fmt.Sprintf(", right %d → %d", *e.WasCorrect, *e.Correct)
	}
	return line
}
