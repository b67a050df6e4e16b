package diagnose

import "fmt"

const (
	byteValues   = 20.0 // images that are normalised reach 2 or 3 deviations
	unitTop      = 1.0 + 1e-6
	unfit        = 0.15 // nats that the stem's answers to many images may be off
	unfitSingle  = 0.35 // what those to a single image may be further off
	betterFit    = 3.0  // times less of it after a change that explains it
	orderFit     = 1.5  // times a better fit of another order that is a warning
	orderNote    = 1.25 // likewise, that is a note, from 8 images on
	usualScale   = 1.6  // by how much a batch's contrast may differ from the training's
	interleaved  = 0.1  // by which values three apart are more alike than neighbours
	noisy        = 0.2  // correlation of neighbours; photographs have 0.9 and more
	smooth       = 0.9995
	halfFlat     = 0.25 // of an image's rows
	cameThrough  = 0.99
	pairedGap    = 0.2
	overexposed  = 0.4
	repeatedPart = 0.25
)

// applies reports whether the rules of the stem's response apply: images before weights
// that were trained on others like them.
func (e *Evidence) stemKnown() bool {
	if e.Stem == nil || !e.Trained || !e.Input.Real || e.Input.NaN+e.Input.Inf > 0 {
		return false
	}
	for f, v := range e.Stem.Var {
		if !(v >= 0) || e.Stem.Mean[f]-e.Stem.Mean[f] != 0 {
			return false
		}
	}
	return true
}

// unfit is the misfit from which on images don't fit.
func (e *Evidence) unfit() float64 { return unfit + unfitSingle/e.images() }

// misfits is the stem's misfit with the images as they are.
func (e *Evidence) misfits() float64 { return e.Stem.misfit(asIs(len(e.Input.Channels))) }

// aboutInput is a finding about the images.
func (e *Evidence) aboutInput(s Severity, strength float64, evidence map[string]any, format string, args ...any) []Finding {
	return []Finding{{
		Severity: s, Path: "input", Strength: strength, Evidence: evidence,
		Message: fmt.Sprintf(format, args...), Proof: showing(e.Net.Layers[0].Path),
	}}
}

// bytes finds images of 0…255.
func bytes(e *Evidence) []Finding {
	least, most := e.Input.extent()
	if !e.Input.Real || most < byteValues || e.Input.NaN+e.Input.Inf > 0 {
		return nil
	}
	evidence := map[string]any{"min": least, "max": most}
	if e.stemKnown() {
		if e.misfits() < e.unfit() {
			return nil // these weights were trained on such values
		}
		evidence["misfit"] = e.misfits()
	}
	return e.aboutInput(Error, most/byteValues, evidence,
		"images have values from %.3g to %.3g: 0…255 that nothing normalised", least, most)
}

// notNormalised finds images of 0…1 before weights that were trained on others.
func notNormalised(e *Evidence) []Finding {
	least, most := e.Input.extent()
	if !e.stemKnown() || least < 0 || most > unitTop || most < 0.5 {
		return nil
	}
	fit, after := e.Stem.best(asIs(len(e.Input.Channels)), 1)
	if m := e.misfits(); m > e.unfit() && m > betterFit*after {
		return e.aboutInput(Error, m/e.unfit(),
			map[string]any{"min": least, "max": most, "misfit": m, "after": after,
				"scale": fit.Scale, "shift": fit.Shift},
			"images have values from %.2g to %.2g, which nothing normalised: the stem's answers are %.3g nats from those "+
				"of the training, and %.3g after ×%.3g %+.3g", least, most, m, after, fit.Scale, fit.Shift)
	}
	return nil
}

// otherScale finds images that were normalised by another mean or deviation.
func otherScale(e *Evidence) []Finding {
	least, most := e.Input.extent()
	if !e.stemKnown() || most > byteValues || least >= 0 && most <= unitTop {
		return nil
	}
	from := asIs(len(e.Input.Channels))
	m := e.misfits()
	fit, after := e.Stem.best(from, 1)
	_, inverse := e.Stem.best(from, -1)
	if m < e.unfit() || m < betterFit*after || inverse < after/betterFit {
		return nil
	}
	return e.aboutInput(Warning, m/e.unfit(),
		map[string]any{"misfit": m, "after": after, "scale": fit.Scale, "shift": fit.Shift},
		"images are normalised otherwise than those of the training: the stem's answers are %.3g nats off, and %.3g "+
			"after ×%.3g %+.3g", m, after, fit.Scale, fit.Shift)
}

// inverted finds negatives.
func inverted(e *Evidence) []Finding {
	if !e.stemKnown() {
		return nil
	}
	from := asIs(len(e.Input.Channels))
	m := e.misfits()
	_, upright := e.Stem.best(from, 1)
	_, reordered := e.bestOrder()
	fit, after := e.Stem.best(from, -1)
	if m < e.unfit() || after > upright/betterFit || after > reordered {
		return nil
	}
	return e.aboutInput(Warning, upright/after/betterFit,
		map[string]any{"misfit": m, "after": after, "scale": fit.Scale, "shift": fit.Shift},
		"images are negatives of those of the training: the stem's answers are %.3g nats off, and %.3g after ×%.3g %+.3g",
		m, after, fit.Scale, fit.Shift)
}

// channelOrder finds images whose channels are in another order, such as BGR.
func channelOrder(e *Evidence) []Finding {
	if !e.stemKnown() || len(e.Input.Channels) != 3 {
		return nil
	}
	_, own := e.Stem.best(asIs(3), 1)
	order, best := e.bestOrder()
	m := e.misfits()
	s := Warning
	if own < orderFit*best || m < e.unfit() && e.images() < severalImages {
		s = Note
	}
	if order == "RGB" || own < orderNote*best || s == Note && (e.images() < severalImages || order != "BGR") {
		return nil
	}
	return e.aboutInput(s, own/best/orderNote, map[string]any{"misfit": own, "after": best, "order": order},
		"channels are in the order %s: but for brightness and contrast, the stem's answers are %.3g nats from those of the "+
			"training, and %.3g as RGB", order, own, best)
}

// bestOrder is the order of the channels that fits the stem best, whatever the scale and
// the shift, and its misfit.
func (e *Evidence) bestOrder() (order string, misfit float64) {
	_, misfit = e.Stem.best(asIs(len(e.Input.Channels)), 1)
	order = "RGB"
	if len(e.Input.Channels) != 3 {
		return order, misfit
	}
	for _, o := range otherOrders() {
		if _, x := e.Stem.best(o, 1); x < misfit {
			order, misfit = o.Name, x
		}
	}
	return order, misfit
}

// strangeImages finds images that the stem has not been trained on, for no reason that
// another rule knows.
func strangeImages(e *Evidence) []Finding {
	if !e.stemKnown() {
		return nil
	}
	m := e.misfits()
	if m < e.unfit() {
		return nil
	}
	return e.aboutInput(Warning, m/e.unfit(), map[string]any{"misfit": m},
		"the stem answers otherwise than to the images of its training: by %.3g nats a filter", m)
}

// constantImages finds images without content.
func constantImages(e *Evidence) []Finding {
	if !e.Input.Real {
		return nil
	}
	share := e.Input.share(func(im *Image) bool { return im.Std == 0 })
	if share == 0 {
		return nil
	}
	s := Warning
	if share == 1 {
		s = Error
	}
	return e.aboutInput(s, 1+share, map[string]any{"share": share},
		"%.0f %% of the images hold one value a channel", 100*share)
}

// constantChannel finds a channel that is empty while others aren't.
func constantChannel(e *Evidence) []Finding {
	if !e.Input.Real {
		return nil
	}
	for c, x := range e.Input.Channels {
		if x.Std == 0 && e.Input.share(func(im *Image) bool { return im.Std > 0 }) > 0 {
			return e.aboutInput(Error, 2, map[string]any{"channel": c, "value": x.Mean},
				"channel %d of all images is %.3g everywhere", c, x.Mean)
		}
	}
	return nil
}

// greyImages finds colour nets that are shown no colour.
func greyImages(e *Evidence) []Finding {
	share := e.Input.share(func(im *Image) bool { return im.Grey })
	if !e.Input.Real || share < 1 || len(e.Input.Channels) < 3 {
		return nil
	}
	s := Note
	if len(e.Input.Images) >= severalImages {
		s = Warning
	}
	return e.aboutInput(s, 1, map[string]any{"share": share},
		"all %d images are grey: their channels are the same", len(e.Input.Images))
}

// repeatedImages finds batches with the same image in several places.
func repeatedImages(e *Evidence) []Finding {
	n := len(e.Input.Images)
	copies := n - e.Input.distinct()
	if copies == 0 || n < 2 {
		return nil
	}
	part := float64(copies) / float64(n)
	s := Note
	if part >= repeatedPart {
		s = Warning
	}
	return e.aboutInput(s, part/repeatedPart, map[string]any{"copies": copies, "images": n},
		"%d of %d images are copies of others", copies, n)
}

// scrambledImages finds images whose neighbours have nothing to do with each other: noise,
// or values in another order than N×C×H×W.
func scrambledImages(e *Evidence) []Finding {
	n := len(e.Input.Images)
	if !e.Input.Real || n == 0 {
		return nil
	}
	near, far, below := 0.0, 0.0, 0.0
	for i := range e.Input.Images {
		im := &e.Input.Images[i]
		near, far, below = near+im.Near/float64(n), far+im.Far/float64(n), below+im.Below/float64(n)
	}
	evidence := map[string]any{"near": near, "three_apart": far, "below": below}
	switch {
	case far > near+interleaved:
		return e.aboutInput(Error, 1+far-near, evidence,
			"values three columns apart are more alike (%.2g) than neighbours (%.2g): "+
				"these are N×H×W×C, not N×C×H×W", far, near)
	case max(near, below) < noisy:
		return e.aboutInput(Error, 1+noisy-near, evidence,
			"neighbouring pixels are not alike (correlation %.2g): this is noise, "+
				"or values are not in the order N×C×H×W", near)
	case min(near, below) < noisy:
		return e.aboutInput(Warning, 1+noisy-min(near, below), evidence,
			"pixels are alike in one direction only (correlation %.2g across, "+
				"%.2g down): height and width may be exchanged", near, below)
	}
	return nil
}

// enlargedImages finds images that have less detail than pixels.
func enlargedImages(e *Evidence) []Finding {
	if !e.Input.Real {
		return nil
	}
	paired := e.Input.share(func(im *Image) bool { return im.Pairs > cameThrough && im.Gaps < 1-pairedGap })
	soft := e.Input.share(func(im *Image) bool { return im.Std > 0 && min(im.Near, im.Below) > smooth })
	if max(paired, soft) < 1 {
		return nil
	}
	return e.aboutInput(Warning, 1, map[string]any{"paired": paired, "smooth": soft},
		"images were enlarged from smaller ones: they have less detail than pixels")
}

// cutImages finds images that end before their last row.
func cutImages(e *Evidence) []Finding {
	share := e.Input.share(func(im *Image) bool {
		return im.Std > 0 && im.FlatTop == 0 && float64(im.Flat) >= halfFlat*float64(im.Rows)
	})
	if !e.Input.Real || share == 0 {
		return nil
	}
	return e.aboutInput(Warning, 1+share, map[string]any{"share": share},
		"%.0f %% of the images hold one value in their lower rows: they may not have been read to the end", 100*share)
}

// overexposedImages finds images with much at the largest value.
func overexposedImages(e *Evidence) []Finding {
	if !e.Input.Real {
		return nil
	}
	share := e.Input.share(func(im *Image) bool { return im.Std > 0 && im.AtMax > overexposed })
	if share < 0.5 {
		return nil
	}
	return e.aboutInput(Warning, share/0.5, map[string]any{"share": share},
		"in %.0f %% of the images more than %.0f %% of the values are the largest there is: they are clipped", 100*share, 100*overexposed)
}
