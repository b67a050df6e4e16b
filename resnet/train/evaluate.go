package train

import (
	"context"
	"fmt"

	"resnet-tui/resnet"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Net classifies a batch: a *resnet.Session in eval mode.
type Net interface {
	SetInput(t *tensor.Tensor) error
	Run(ctx context.Context, obs resnet.Observer) error
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
	batches := read(ctx, shape, data)
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

// batch is some images with a label each; input may have room for more.
type batch struct {
	input  *tensor.Tensor
	labels []int
	err    error
}

// read reads data batch by batch, one ahead of who takes them.
func read(ctx context.Context, shape tensor.Shape, data vision.Dataset) <-chan batch {
	out := make(chan batch)
	go func() {
		defer close(out)
		for first := 0; first < data.Len(); first += shape[0] {
			b := readBatch(shape, data, first)
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return out
}

func readBatch(shape tensor.Shape, data vision.Dataset, first int) batch {
	b := batch{input: tensor.New(shape...)}
	per := shape[1:].Elems()
	for i := range min(shape[0], data.Len()-first) {
		label, err := data.Read(first+i, b.input.Data[i*per:(i+1)*per])
		if err != nil {
			return batch{err: err}
		}
		b.labels = append(b.labels, label)
	}
	return b
}
