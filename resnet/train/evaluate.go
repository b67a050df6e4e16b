package train

import (
	"context"
	"fmt"

	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Net classifies a batch: a *nn.Session in eval mode.
type Net interface {
	SetInput(t *tensor.Tensor) error
	Run(ctx context.Context, obs nn.Observer) error
	Logits() (*tensor.Tensor, error)
}

// Score is what a net got right on a data set.
type Score struct {
	Total   int
	Correct int     // the likeliest class is the label
	Top5    int     // the label is among the five likeliest
	Loss    float64 // mean cross-entropy
}

// Evaluate scores net, whose input is shape (N×C×H×W), on data. The next batch
// is read while one runs; the last is filled up with zeros that do not count.
// done, if not nil, hears of each batch.
func Evaluate(ctx context.Context, net Net, shape tensor.Shape, data vision.Dataset, done func(Score)) (Score, error) {
	if c, h, w := data.Shape(); !shape[1:].Equal(tensor.Shape{c, h, w}) {
		return Score{}, fmt.Errorf("the data has images of %v, the net takes %v", tensor.Shape{c, h, w}, shape[1:])
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := (&feed{shape: shape, data: data}).start(ctx)
	var s Score
	for b := range batches {
		if b.err != nil {
			return s, b.err
		}
		if err := s.add(ctx, net, b); err != nil {
			return s, err
		}
		if done != nil {
			done(s)
		}
	}
	if s.Total > 0 {
		s.Loss /= float64(s.Total)
	}
	return s, ctx.Err()
}

// add scores one batch; Loss is a sum meanwhile.
func (s *Score) add(ctx context.Context, net Net, b batch) error {
	if err := net.SetInput(b.input); err != nil {
		return err
	}
	if err := net.Run(ctx, nil); err != nil {
		return err
	}
	logits, err := net.Logits()
	if err != nil {
		return err
	}
	if err := CheckLabels(b.labels, len(b.labels), logits.Shape[1]); err != nil {
		return err
	}
	for i, label := range b.labels {
		row := Image(logits, i)
		for place, class := range Top(row, 5) {
			if class != label {
				continue
			}
			s.Top5++
			if place == 0 {
				s.Correct++
			}
		}
		s.Loss += Loss(row, label)
		s.Total++
	}
	return nil
}
