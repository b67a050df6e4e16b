package report

import (
	"fmt"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// LesionEffect is what lesions changed: the net without them made a pass on the
// same weights and images.
type LesionEffect struct {
	Images      int         `json:"images"`
	Moved       int         `json:"top1_changed"` // images whose likeliest class is another
	KL          Number      `json:"kl"`           // mean over images of KL(intact ‖ with lesions), nats
	Correct     *int        `json:"correct,omitempty"`
	WasCorrect  *int        `json:"correct_intact,omitempty"`
	IntactTop   [][]Guess   `json:"top_intact"`
	IntactLoss  *Number     `json:"loss_intact,omitempty"`
	IntactNS    int64       `json:"time_intact_ns"`
	IntactGrads []BlockGrad `json:"blocks_intact,omitempty"`
}

// SetEffect compares the pass with that of the net without lesions. Where right
// holds, the report's labels are the images' classes, not random ones.
func (r *Run) SetEffect(intact *Run, right bool) {
	var c train.Change
	for i, before := range intact.Output.Logits {
		label := -1
		if right && i < len(r.Labels) {
			label = r.Labels[i]
		}
		c.Add(before, r.Output.Logits[i], label)
	}
	r.Effect = &LesionEffect{
		Images: c.Images, Moved: c.Moved, KL: Number(c.KL()),
		IntactTop: intact.Output.Top, IntactLoss: intact.Loss, IntactNS: intact.TimeNS, IntactGrads: intact.Blocks,
	}
	if c.Labels > 0 {
		r.Effect.Correct, r.Effect.WasCorrect = &c.Right, &c.WasRight
	}
}

// effectFacts tell it in words.
func (r *Run) effectFacts() [][2]string {
	e := r.Effect
	if e == nil {
		return nil
	}
	output := fmt.Sprintf("another first class for %d of %d images, KL(intact ‖ with lesions) %s nats", e.Moved, e.Images, number(&e.KL).Text)
	if e.Correct != nil {
		output += fmt.Sprintf(", right %d → %d", *e.WasCorrect, *e.Correct)
	}
	lines := [][2]string{{"lesions", output}}
	if r.Loss != nil && e.IntactLoss != nil {
		lines = append(lines, [2]string{"", fmt.Sprintf("loss %s → %s", number(e.IntactLoss).Text, number(r.Loss).Text)})
	}
	if len(e.IntactGrads) > 0 && len(r.Blocks) > 0 {
		before, after := e.IntactGrads[0], r.Blocks[0]
		lines = append(lines, [2]string{"", fmt.Sprintf("‖∂L/∂x‖ at %s %s → %s", before.Path, number(&before.GradIn).Text, number(&after.GradIn).Text)})
	}
	return append(lines, [2]string{"", fmt.Sprintf("time %s → %s, a single pass each", profile.FormatTime(time.Duration(e.IntactNS)), profile.FormatTime(time.Duration(r.TimeNS)))})
}
