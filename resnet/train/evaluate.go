package train

import (
	"context"
	"fmt"

	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Net classifies batches of images. A *nn.Session in eval mode is one.
type Net interface {
	SetInput(t *tensor.Tensor) error
	Run(ctx context.Context, obs nn.Observer) error
	Logits() (*tensor.Tensor, error)
}

// Score is a net's accuracy on a data set.
type Score struct {
	Total   int     // images
	Correct int     // images whose likeliest class is the label
	Top5    int     // images whose label is among the five likeliest classes
	Loss    float64 // mean cross-entropy in nats
}

// Evaluate scores net, whose input has shape N×C×H×W, on data. The next batch is read
// while one runs; the last is filled up with zeros, which don't count. done, if not
// nil, is called after each batch with the score so far, whose Loss is still a sum.
//
// It returns an error if the images don't fit the net, a label is out of range, an
// image can't be read, net fails, or ctx is cancelled.
func Evaluate(ctx context.Context, net Net, shape tensor.Shape, data vision.Dataset, done func(Score)) (Score, error) {
	if err := checkImages(data, shape); err != nil {
		return Score{}, err
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

// checkImages returns an error if the images of data don't fit a net whose input has
// shape N×C×H×W.
func checkImages(data vision.Dataset, shape tensor.Shape) error {
	c, h, w := data.Shape()
	image := tensor.Shape{c, h, w}
	if !image.Equal(shape[1:]) {
		return fmt.Errorf("the data has images of shape %v, the net takes %v", image, shape[1:])
	}
	return nil
}

// add scores one batch. Until Evaluate returns, Loss is the sum over the images.
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
		for rank, class := range Top(row, 5) {
			if class != label {
				continue
			}
			s.Top5++
			if rank == 0 {
				s.Correct++
			}
		}
		s.Loss += Loss(row, label)
		s.Total++
	}
	return nil
}
