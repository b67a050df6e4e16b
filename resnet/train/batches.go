package train

import (
	"context"
	"runtime"
	"sync"

	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// batch is a batch of images, each with a label. An incomplete batch has fewer labels
// than input has images; the other images are zeros.
type batch struct {
	input  *tensor.Tensor
	labels []int
	err    error
}

// feed prepares the batches of a data set, one ahead of the consumer.
type feed struct {
	shape   tensor.Shape // N×C×H×W
	data    vision.Dataset
	order   []int         // order of the images; nil: that of the data set
	augment *augmentation // nil: images as they are
	whole   bool          // drop an incomplete batch at the end
	first   int           // number of the first batch, counted from 0
}

// batches is the number of batches of the whole data set, including those before
// first.
func (f *feed) batches() int {
	n := f.data.Len()
	if !f.whole {
		n += f.shape[0] - 1
	}
	return n / f.shape[0]
}

// start sends batches until the last, the first with an error, or the end of ctx, and
// then closes the channel. The next batch is prepared while one is used. Cancel ctx to
// stop reading early.
func (f *feed) start(ctx context.Context) <-chan batch {
	out := make(chan batch)
	go func() {
		defer close(out)
		for i := f.first; i < f.batches(); i++ {
			b := f.read(i)
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

// read prepares one batch, several images at a time.
func (f *feed) read(number int) batch {
	from := number * f.shape[0]
	n := min(f.shape[0], f.data.Len()-from)
	b := batch{input: tensor.New(f.shape...), labels: make([]int, n)}
	b.err = eachPart(n, func(low, high int) error {
		spare := make([]float32, f.shape[1:].Elems())
		for i := low; i < high; i++ {
			if err := f.image(from+i, imageOf(b.input, i), spare, &b.labels[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return b
}

// image reads the image at an index of the order. spare has room for an image.
func (f *feed) image(index int, dst, spare []float32, label *int) (err error) {
	number := index
	if f.order != nil {
		number = f.order[index]
	}
	if f.augment == nil {
		*label, err = f.data.Read(number, dst)
		return err
	}
	*label, err = f.data.Read(number, spare)
	f.augment.apply(number, dst, spare)
	return err
}

// imageOf returns the values of image i of a batch N×C×H×W.
func imageOf(t *tensor.Tensor, i int) []float32 {
	n := t.Shape[1:].Elems()
	return t.Data[i*n : (i+1)*n]
}

// eachPart splits [0, n) into parts, calls f for each in its own goroutine, and
// returns the error of the lowest part that has one.
func eachPart(n int, f func(low, high int) error) error {
	parts := max(1, min(n, runtime.GOMAXPROCS(0), maxReaders))
	errs := make([]error, parts)
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() { errs[p] = f(p*n/parts, (p+1)*n/parts) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// maxReaders bounds how many images are decoded at the same time.
const maxReaders = 8
