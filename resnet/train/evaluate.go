package train

import (
	"context"
	"fmt"

	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Runner runs on batches of images. A *nn.Session is one.
type Runner interface {
	SetInput(t *tensor.Tensor) error
	Run(ctx context.Context, obs nn.Observer) error
}

// Net classifies batches of images. A *nn.Session in eval mode is one.
type Net interface {
	Runner
	Logits() (*tensor.Tensor, error)
}

// Score is a net's accuracy on a data set.
type Score struct {
	Total   int     // images
	Correct int     // images whose likeliest class is the label
	Top5    int     // images whose label is among the five likeliest classes
	Loss    float64 // mean cross-entropy in nats
}

// Evaluate scores net, whose input has shape N×C×H×W, on data, batch by batch as
// EachBatch does. done, if not nil, is called after each batch with the score so far,
// whose Loss is still a sum.
//
// It returns an error if the images don't fit the net, a label is out of range, an
// image can't be read, net fails, or ctx is cancelled.
func Evaluate(ctx context.Context, net Net, shape tensor.Shape, data vision.Dataset, done func(Score)) (Score, error) {
	var s Score
	err := EachBatch(ctx, net, shape, data, func(labels []int) error {
		if err := s.add(net, labels); err != nil {
			return err
		}
		if done != nil {
			done(s)
		}
		return nil
	})
	if s.Total > 0 && err == nil {
		s.Loss /= float64(s.Total)
	}
	return s, err
}

// EachBatch runs net, whose input has shape N×C×H×W, on all images of data in order. The
// next batch is read while one runs; the last is filled up with zeros. visit is called
// after each pass with the labels of the batch's images, as many as don't come from
// filling up. Its first error ends the run.
func EachBatch(ctx context.Context, net Runner, shape tensor.Shape, data vision.Dataset, visit func(labels []int) error) error {
	if err := checkImages(data, shape); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := (&feed{shape: shape, data: data}).start(ctx)
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		if err := net.SetInput(b.input); err != nil {
			return err
		}
		if err := net.Run(ctx, nil); err != nil {
			return err
		}
		if err := visit(b.labels); err != nil {
			return err
		}
	}
	return ctx.Err()
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

// add scores the batch that net has run on. Until Evaluate returns, Loss is the sum over
// the images.
func (s *Score) add(net Net, labels []int) error {
	logits, err := net.Logits()
	if err != nil {
		return err
	}
	if err := CheckLabels(labels, len(labels), logits.Shape[1]); err != nil {
		return err
	}
	for i, label := range labels {
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
