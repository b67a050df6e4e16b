package train

import (
	"context"
	"runtime"
	"sync"

	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// batch is some images with a label each; input may have room for more.
type batch struct {
	input  *tensor.Tensor
	labels []int
	err    error
}

// feed makes batches of a data set, each ahead of who takes it.
type feed struct {
	shape   tensor.Shape // N×C×H×W
	data    vision.Dataset
	order   []int         // of the images; nil: as they come
	augment *augmentation // nil: images as they are
	whole   bool          // no batch at the end that is not full
	first   int           // batch, counted from 0
}

// batches is how many there are, those before the first included.
func (f *feed) batches() int {
	n := f.data.Len()
	if !f.whole {
		n += f.shape[0] - 1
	}
	return n / f.shape[0]
}

// start prepares batches until they or ctx end; the next is ready while one is
// used.
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

// read prepares one batch.
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

// image reads the image at a place of the order.
func (f *feed) image(place int, dst, spare []float32, label *int) (err error) {
	number := place
	if f.order != nil {
		number = f.order[place]
	}
	if f.augment == nil {
		*label, err = f.data.Read(number, dst)
		return err
	}
	*label, err = f.data.Read(number, spare)
	f.augment.apply(number, dst, spare)
	return err
}

// imageOf is image i of a batch N×C×H×W.
func imageOf(t *tensor.Tensor, i int) []float32 {
	n := t.Shape[1:].Elems()
	return t.Data[i*n : (i+1)*n]
}

// eachPart calls f for parts of [0, n) side by side, and returns the error of
// the first part that has one.
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

// maxReaders bounds how many images are decoded side by side.
const maxReaders = 8
