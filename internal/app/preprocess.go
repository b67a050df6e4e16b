package app

import (
	"strconv"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/vision"
)

// Preprocess says how pictures become a net's input. A zero field leaves it to the
// family: an ImageNet net takes them as torchvision does for its IMAGENET1K_V1
// weights, a CIFAR net scales them to just cover its input.
type Preprocess struct {
	Resize        int     `json:"resize,omitempty"`        // of the shorter side before the centre crop, in pixels
	CropPct       float64 `json:"crop_pct,omitempty"`      // share of each side that is cropped, as timm's crop_pct
	Interpolation string  `json:"interpolation,omitempty"` // see Interpolations; "" is bilinear
	IgnoreEXIF    bool    `json:"ignore_exif,omitempty"`   // take pixels as the file has them, not turned upright
}

// Interpolations are the names that Preprocess.Interpolation takes.
var Interpolations = vision.Interpolations

// check refuses what can't be meant.
func (p *Preprocess) check() error {
	switch {
	case p.Resize < 0:
		return refuse("{resize} %d: it must be a number of pixels", p.Resize)
	case p.CropPct != 0 && !(p.CropPct >= 0.01 && p.CropPct <= 1):
		return refuse("{crop-pct} %g: it is the share of each side that is cropped, from 0.01 to 1: "+
			"0.95 crops 224 of 235 pixels", p.CropPct)
	case p.Resize != 0 && p.CropPct != 0:
		return refuse("{resize} and {crop-pct} say the same thing in two ways: give one of them")
	}
	_, err := vision.ParseInterpolation(p.Interpolation)
	if err != nil {
		return refuse("{interpolation}: %w", err)
	}
	return nil
}

// unused refuses settings of an input that has no pictures; what names it.
func (p *Preprocess) unused(what string) error {
	if field := p.given(); field != "" {
		return refuse("{"+field+"} is about pictures, but the input is %s", what)
	}
	return nil
}

// given is the name of the first field that is set, "" if none is.
func (p *Preprocess) given() string {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"resize", p.Resize != 0},
		{"crop-pct", p.CropPct != 0},
		{"interpolation", p.Interpolation != ""},
		{"ignore-exif", p.IgnoreEXIF},
	} {
		if f.given {
			return f.name
		}
	}
	return ""
}

// transform is how pictures become input of the net c, by p and by its family.
func (p *Preprocess) transform(c resnet.Config) vision.Transform {
	t := vision.ForImageNet(c.Channels, c.Height, c.Width)
	if c.Family == resnet.CIFAR {
		t = vision.ForCIFAR(c.Channels, c.Height, c.Width)
	}
	if p.Resize != 0 {
		t = t.Resize(p.Resize)
	}
	if p.CropPct != 0 {
		t = t.CropShare(p.CropPct)
	}
	t.Interpolation, _ = vision.ParseInterpolation(p.Interpolation) // check has seen the name
	t.IgnoreEXIF = p.IgnoreEXIF
	return t
}

// describePictures is how the pictures of a folder's data set became images, and what
// it left out; both are nil for other sets.
func describePictures(data vision.Dataset) (*profile.Preprocess, map[string]int) {
	t, skipped, ok := vision.PicturesOf(data)
	if !ok {
		return nil, nil
	}
	return describeTransform(t), skipped
}

// describeTransform puts into reports how pictures became input.
func describeTransform(t vision.Transform) *profile.Preprocess {
	p := &profile.Preprocess{
		Resize:        []int{t.CoverHeight, t.CoverWidth},
		Crop:          []int{t.Height, t.Width},
		Interpolation: t.Interpolation.String(),
		EXIF:          "upright",
		Mean:          numbers(t.Norm.Mean),
		Std:           numbers(t.Norm.Std),
	}
	if t.IgnoreEXIF {
		p.EXIF = "ignored"
	}
	return p
}

// numbers are values with no more digits than float32 has: 0.485, not 0.48500001.
func numbers(values []float32) []profile.Number {
	all := make([]profile.Number, len(values))
	for i, v := range values {
		x, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64) // of a number's own text
		all[i] = profile.Number(x)
	}
	return all
}
