package vision

import (
	"fmt"
	"math"
)

// Transform turns a picture into one image of a net's input, as torchvision's Resize →
// CenterCrop → ToTensor → Normalize do. The picture is scaled, with its aspect ratio kept,
// to the smallest size that covers CoverHeight×CoverWidth, and Height×Width is cropped from
// its centre, with black where the picture is smaller. For a net with one channel, the
// picture is first converted to grey as in Pillow.
type Transform struct {
	Channels      int // 3 (RGB) or 1 (grey)
	Height, Width int // of the result, in pixels
	CoverHeight   int // minimum height after scaling, in pixels
	CoverWidth    int // minimum width after scaling, in pixels
	Interpolation Interpolation
	IgnoreEXIF    bool // take the pixels as the file has them; otherwise they are turned upright
	Norm          Norm
}

// ForImageNet returns the transform for ImageNet nets as torchvision has it for its
// IMAGENET1K_V1 weights: Resize(256) and CenterCrop(224) for 224×224, and the same
// proportion for other sizes.
func ForImageNet(channels, height, width int) Transform {
	cover := func(n int) int { return int(math.Round(float64(n) * 256 / 224)) }
	return Transform{
		Channels: channels, Height: height, Width: width,
		CoverHeight: cover(height), CoverWidth: cover(width),
		Norm: ImageNetNorm(channels),
	}
}

// ForCIFAR returns the transform for CIFAR nets: pictures are scaled to just cover the
// input, so that a 32×32 picture is used as it is.
func ForCIFAR(channels, height, width int) Transform {
	return Transform{
		Channels: channels, Height: height, Width: width,
		CoverHeight: height, CoverWidth: width,
		Norm: ImageNetNorm(channels),
	}
}

// Resize scales the shorter side to n pixels, whatever is cropped from it: torchvision's
// Resize(n).
func (t Transform) Resize(n int) Transform {
	t.CoverHeight, t.CoverWidth = n, n
	return t
}

// CropShare crops a share of each side (above 0, at most 1), as timm's crop_pct: sides are
// scaled to ⌊side/share⌋ first.
func (t Transform) CropShare(share float64) Transform {
	t.CoverHeight = int(float64(t.Height) / share)
	t.CoverWidth = int(float64(t.Width) / share)
	return t
}

// Elems returns the number of values that Apply writes.
func (t Transform) Elems() int { return t.Channels * t.Height * t.Width }

// Check returns an error if the transform can't be applied.
func (t Transform) Check() error {
	if t.Channels != 1 && t.Channels != 3 {
		return fmt.Errorf("the net takes %d channels, but a picture has 3 (RGB) or 1 (grey); use .npy input",
			t.Channels)
	}
	for _, n := range []int{t.Height, t.Width, t.CoverHeight, t.CoverWidth} {
		if n < 1 || n > maxSide {
			return fmt.Errorf("a picture can't be scaled to %d pixels per side: give 1 to %d", n, maxSide)
		}
	}
	return t.Norm.Check(t.Channels)
}

// Apply writes im to dst as C×H×W. dst must have Elems elements, and the transform must have
// passed Check. Apply may be called concurrently.
func (t Transform) Apply(dst []float32, im *Image) {
	p := plane{im.Width, im.Height, 3, im.Pix}
	if t.Channels == 1 {
		p = grey(im)
	}
	tables := t.Norm.tables(t.Channels)
	t.clear(dst, tables)
	w, h := cover(p.w, p.h, t.CoverWidth, t.CoverHeight)
	x := centre(w, t.Width)
	y := centre(h, t.Height)
	win := window{x.skip, x.skip + x.n, y.skip, y.skip + y.n}
	p.resample(t.Interpolation.filter(), w, h, win, func(row int, line []uint8) {
		at := (y.pad+row)*t.Width + x.pad
		for c := range tables {
			out := dst[c*t.Height*t.Width+at:][:x.n]
			for i := range out {
				out[i] = tables[c][line[i*p.ch+c]]
			}
		}
	})
}

// clear fills dst with normalised black, which remains where the picture doesn't reach.
func (t Transform) clear(dst []float32, tables []table) {
	n := t.Height * t.Width
	for c := range tables {
		for i := range n {
			dst[c*n+i] = tables[c][0]
		}
	}
}

// cover scales w×h to cover cw×ch: one side exactly, the other rounded down, as in
// torchvision's _compute_resized_output_size.
func cover(w, h, cw, ch int) (int, int) {
	if int64(w)*int64(ch) <= int64(h)*int64(cw) {
		return cw, int(float64(int64(cw)*int64(h)) / float64(w))
	}
	return int(float64(int64(ch)*int64(w)) / float64(h)), ch
}

// cut is the centre of one axis: n samples from index skip on, written after pad samples of
// padding.
type cut struct{ skip, pad, n int }

// centre crops want samples from the centre of have. As in torchvision, half an offset is
// rounded to even.
func centre(have, want int) cut {
	if have <= want {
		return cut{pad: (want - have) / 2, n: have}
	}
	return cut{skip: int(math.RoundToEven(float64(have-want) / 2)), n: want}
}

// grey converts as Pillow's convert("L") does: ITU-R 601-2 luma in 16-bit fixed point.
func grey(im *Image) plane {
	p := plane{im.Width, im.Height, 1, make([]uint8, im.Width*im.Height)}
	for i := range p.pix {
		q := im.Pix[3*i : 3*i+3]
		p.pix[i] = uint8((19595*int(q[0]) + 38470*int(q[1]) + 7471*int(q[2]) + 1<<15) >> 16)
	}
	return p
}
