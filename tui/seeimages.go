package tui

import (
	"image"
	"math"

	"resnet-tui/internal/app/live"
	"resnet-tui/picture"
	"resnet-tui/resnet/inspect"
)

// seeImages are the pictures of what is seen. They are made when an answer comes, not when
// a frame is drawn.
type seeImages struct {
	of    *live.Seen
	why   *live.Explanation
	photo *image.RGBA // the image
	small *image.RGBA // what maps are laid over

	over, skip, branch image.Image // maps laid over the image; nil where there is none
	scale, parts       picture.Scale
	bar, partsBar      image.Image

	maps map[int]image.Image // of channels that have been shown
}

// overSide is the longer side of what maps are laid over, in pixels: the cells of a
// terminal show no more.
const overSide = 320

// overAlpha is how much of the image a map hides.
const overAlpha = 0.55

// take makes the pictures of another answer. What has not changed stays: pictures that
// stay the same cost nothing.
func (s *seeImages) take(seen *live.Seen, about *live.About) {
	was := s.of
	if s.of = seen; seen == was {
		return
	}
	if seen == nil {
		*s = seeImages{}
		return
	}
	if was == nil || was.Input != seen.Input && !sameData(was, seen) {
		s.photograph(seen, about)
	}
	if was == nil || was.Maps != seen.Maps {
		s.maps = map[int]image.Image{}
	}
	if seen.Why != s.why {
		s.explain(seen.Why)
	}
}

// sameData reports whether two answers are about the same image.
func sameData(a, b *live.Seen) bool {
	return a.Input != nil && b.Input != nil && len(a.Input.Data) == len(b.Input.Data) &&
		len(a.Input.Data) > 0 && &a.Input.Data[0] == &b.Input.Data[0]
}

// photograph turns the input back into an image, with the normalisation that is known.
func (s *seeImages) photograph(seen *live.Seen, about *live.About) {
	s.photo, s.small, s.why = nil, nil, nil
	if seen.Input == nil {
		return
	}
	in, values, mean, std := seen.Input.Shape, seen.Input.Data, about.Mean, about.Std
	channels := in[0]
	if channels != 1 && channels != 3 { // the first stands for them
		channels, values, mean, std = 1, values[:in[1]*in[2]], nil, nil
	}
	photo, err := picture.Photo(values, channels, in[1], in[2], mean, std)
	if err != nil {
		return // nothing is drawn where the image would be
	}
	s.photo, s.small = photo, photo
	if side := max(in[1], in[2]); side > overSide {
		if small, err := picture.Fit(photo, max(in[2]*overSide/side, 1), max(in[1]*overSide/side, 1)); err == nil {
			s.small = small
		}
	}
}

// explain lays an explanation over the image. Grad-CAM is drawn through its ReLU, as it is
// defined; its parts and what else is signed are not. The scale of a method at a place only
// grows, so that classes can be compared.
func (s *seeImages) explain(why *live.Explanation) {
	was := s.why
	s.why, s.over, s.skip, s.branch = why, nil, nil, nil
	if why == nil || s.small == nil {
		return
	}
	values, scale := why.Map, picture.ScaleOf(why.Map)
	if why.Method == inspect.GradCAM {
		values = positive(why.Map)
		scale = picture.Magnitudes(values)
	}
	parts := picture.Signed(append(why.Skip[:len(why.Skip):len(why.Skip)], why.Branch...))
	if was != nil && was.Method == why.Method && was.At == why.At {
		scale, parts = wider(scale, s.scale), wider(parts, s.parts)
	}
	s.scale, s.parts = scale, parts
	s.over, s.bar = s.lay(values, why, scale), barOf(scale)
	if why.Skip != nil {
		s.skip, s.branch = s.lay(why.Skip, why, parts), s.lay(why.Branch, why, parts)
		s.partsBar = barOf(parts)
	}
}

// positive are values with 0 in place of negative ones.
func positive(values []float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = max(v, 0)
	}
	return out
}

// wider is the scale that holds both.
func wider(a, b picture.Scale) picture.Scale {
	a.Low, a.High, a.Signed = min(a.Low, b.Low), max(a.High, b.High), a.Signed || b.Signed
	if a.Signed {
		a.High = max(a.High, -a.Low)
		a.Low = -a.High
	}
	return a
}

// lay lays values over the image; nil if that can't be done.
func (s *seeImages) lay(values []float32, why *live.Explanation, scale picture.Scale) image.Image {
	o := picture.Overlay{Photo: s.small, Values: values, H: why.H, W: why.W, Scale: scale, Alpha: overAlpha}
	img, err := o.Lay()
	if err != nil {
		return nil
	}
	return img
}

// barSteps are the values of a colour bar.
const barSteps = 200

// barOf is a scale's colour bar; nil for one that holds a single value.
func barOf(s picture.Scale) image.Image {
	values := make([]float32, barSteps)
	for i := range values {
		values[i] = float32(s.Low + (s.High-s.Low)*float64(i)/(barSteps-1))
	}
	img, err := picture.Map(values, 1, barSteps, s)
	if err != nil || math.IsNaN(s.High) || s.High <= s.Low {
		return nil
	}
	return img
}

// prepare makes the maps of some channels.
func (s *seeImages) prepare(channels []int) {
	for _, c := range channels {
		if s.maps[c] == nil {
			s.maps[c] = s.channel(c)
		}
	}
}

// channel is the map of a channel, each in colours of its own scale: signed if any map of
// the place is, as one sheet has one colour map.
func (s *seeImages) channel(c int) image.Image {
	m := s.of.Maps
	h, w := m.Values.Shape[1], m.Values.Shape[2]
	values := m.Values.Data[c*h*w : (c+1)*h*w]
	scale := picture.Magnitudes(values)
	if m.Signed {
		scale = picture.Signed(values)
	}
	img, err := picture.Map(values, h, w, scale)
	if err != nil {
		return nil
	}
	return img
}
