package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// digits is a data set whose image i is the single value i, of class i mod 7.
type digits struct {
	n      int
	broken int // the image that can't be read, or −1
}

func (d digits) Len() int             { return d.n }
func (d digits) Shape() (c, h, w int) { return 1, 1, 1 }
func (d digits) Classes() []string    { return make([]string, 7) }
func (d digits) Read(i int, dst []float32) (int, error) {
	if i == d.broken {
		return 0, errors.New("image 9 is broken")
	}
	dst[0] = float32(i)
	return i % 7, nil
}

// oracle knows the class of each image, except that for numbers ending in 3 only its
// second guess is right.
type oracle struct {
	input   *tensor.Tensor
	classes int
}

func (o *oracle) SetInput(t *tensor.Tensor) error                { o.input = t; return nil }
func (o *oracle) Run(ctx context.Context, obs nn.Observer) error { return ctx.Err() }
func (o *oracle) Logits() (*tensor.Tensor, error) {
	n := o.input.Shape[0]
	out := tensor.New(n, o.classes)
	for i, x := range o.input.Data {
		row := Image(out, i)
		row[int(x)%7%o.classes] = 2
		if int(x)%10 == 3 {
			row[(int(x)+1)%7] = 3
		}
	}
	return out, nil
}

func TestEvaluate(t *testing.T) {
	batches := 0
	count := func(Score) { batches++ }
	s, err := Evaluate(t.Context(), &oracle{classes: 7}, tensor.Shape{8, 1, 1, 1}, digits{30, -1}, count)
	if err != nil || s.Total != 30 || s.Correct != 27 || s.Top5 != 30 || batches != 4 {
		t.Fatalf("%+v after %d batches (%v)", s, batches, err)
	}
	right := math.Log(math.Exp(2)+6) - 2
	second := math.Log(math.Exp(3)+math.Exp(2)+5) - 2
	if want := (27*right + 3*second) / 30; math.Abs(s.Loss-want) > 1e-9 {
		t.Errorf("loss %v, want %v", s.Loss, want)
	}
}

func TestEvaluateFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context
		classes int
		shape   tensor.Shape
		data    digits
		want    string
	}{
		"image":     {t.Context(), 7, tensor.Shape{4, 1, 1, 1}, digits{30, 9}, "image 9 is broken"},
		"shape":     {t.Context(), 7, tensor.Shape{4, 3, 1, 1}, digits{30, -1}, "images of shape 1×1×1"},
		"classes":   {t.Context(), 5, tensor.Shape{4, 1, 1, 1}, digits{30, -1}, "label 5 of image 1 is out of range"},
		"cancelled": {cancelled, 7, tensor.Shape{4, 1, 1, 1}, digits{30, -1}, "canceled"},
	} {
		_, err := Evaluate(c.ctx, &oracle{classes: c.classes}, c.shape, c.data, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
