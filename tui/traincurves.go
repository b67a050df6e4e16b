package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

// curvesOf are the nets' losses by step and errors by epoch in per cent: a curve a net,
// the mean over its seeds, with the band that they make up.
type curvesOf struct {
	losses, errors, tests []curve
	window                int     // steps that a point of a loss is the mean of
	seeds                 int     // of the net that has the most
	steps, epochs         float64 // where the axes end
}

// curvesFor makes the curves for a chart of w cells.
func curvesFor(tracks []*train.Track, w int) curvesOf {
	c := curvesOf{epochs: 1}
	longest := 0
	for _, t := range tracks {
		longest = max(longest, len(t.Steps))
	}
	// A cell is two dots wide: more points than dots would only blur.
	c.window = max((longest+2*w-1)/max(2*w, 1), 1)
	for _, k := range netPens(tracks) {
		var loss, wrong, test points
		seeds := 0
		for _, t := range tracks {
			if t.Model != k.name {
				continue
			}
			seeds++
			loss.addSteps(t.Steps, c.window)
			for _, e := range t.Epochs {
				wrong.add(e.Epoch, float64(e.Epoch), 100*e.TrainError)
				if e.TestError != nil {
					test.add(e.Epoch, float64(e.Epoch), 100**e.TestError)
				}
				c.epochs = max(c.epochs, float64(e.Epoch))
			}
			if n := len(t.Steps); n > 0 {
				c.steps = max(c.steps, float64(t.Steps[n-1].Step))
			}
		}
		c.seeds = max(c.seeds, seeds)
		c.losses, c.errors = append(c.losses, loss.curve(k)), append(c.errors, wrong.curve(k))
		if len(test) > 0 {
			c.tests = append(c.tests, test.curve(k))
		}
	}
	return c
}

// points are those of a curve, by their place on its axis.
type points map[int]point

// point is what several seeds have at a place.
type point struct {
	x              float64
	sum, low, high float64
	n              int
}

func (p *points) add(place int, x, y float64) {
	if *p == nil {
		*p = points{}
	}
	at, ok := (*p)[place]
	if !ok {
		at.low, at.high = y, y
	}
	at.x, at.sum, at.n = max(at.x, x), at.sum+y, at.n+1
	at.low, at.high = min(at.low, y), max(at.high, y)
	(*p)[place] = at
}

// addSteps adds the means of window steps each, at the last step of each window. Means,
// not every n-th loss: the noise of single batches would hide the trend.
func (p *points) addSteps(steps []train.StepRecord, window int) {
	for i := 0; i < len(steps); {
		place, sum, from := (steps[i].Step-1)/window, 0.0, i
		for ; i < len(steps) && (steps[i].Step-1)/window == place; i++ {
			sum += steps[i].Loss
		}
		p.add(place, float64(steps[i-1].Step), sum/float64(i-from))
	}
}

// curve is the mean over the seeds, in the style of k, with a band where there are
// several.
func (p points) curve(k curve) curve {
	places := make([]int, 0, len(p))
	for place := range p {
		places = append(places, place)
	}
	slices.Sort(places)
	for _, place := range places {
		at := p[place]
		if at.n == 1 {
			at.low, at.high = math.NaN(), math.NaN()
		}
		k.x, k.y = append(k.x, at.x), append(k.y, at.sum/float64(at.n))
		k.low, k.high = append(k.low, at.low), append(k.high, at.high)
	}
	return k
}

// Hues and pens of nets with skips and of plain ones, in the order in which they appear.
// The hues are Okabe and Ito's, which differ for colour-blind eyes too; without colour
// the pens tell nets apart.
var (
	skipHues, plainHues = []look{skipLook, forwardLook, warningLook}, []look{branchLook, backwardLook, plainLook}
	skipPens, plainPens = []pen{thickPen, thinPen}, []pen{dashedPen, dottedPen}
)

// netPens are the nets in the order in which they appear, with a hue and a pen each: those
// that are not plain first.
func netPens(tracks []*train.Track) []curve {
	var nets []curve
	seen := map[bool]int{}
	for _, t := range tracks {
		if slices.ContainsFunc(nets, func(k curve) bool { return k.name == t.Model }) {
			continue
		}
		c, err := resnet.ParseArch(t.Model)
		plain := err == nil && c.Plain
		hues, pens := skipHues, skipPens
		if plain {
			hues, pens = plainHues, plainPens
		}
		i := seen[plain]
		seen[plain]++
		nets = append(nets, curve{
			name: t.Model, short: strings.TrimPrefix(t.Model, "cifar_"), look: hues[i%len(hues)], pen: pens[i%len(pens)],
		})
	}
	return nets
}

// lossTitles are the title of the chart of losses, from the longest to the shortest.
func (k *curvesOf) lossTitles(s scale) []string {
	short := "loss by step"
	if s.log {
		short += " · log"
	}
	long := short
	if k.window > 1 {
		long += fmt.Sprintf(" · means of %d", k.window)
	}
	if k.seeds > 1 {
		const seeds = " · mean of seeds, bars: range"
		return []string{long + seeds, short + seeds, long, short, strings.Replace(short, " by step", "", 1)}
	}
	return []string{long, short, strings.Replace(short, " by step", "", 1)}
}

// errorTitles are those of a chart of errors.
func errorTitles(what string, s scale) []string {
	short := what + " error · %"
	if s.log {
		return []string{what + " error by epoch · % · log", short + " · log", short}
	}
	return []string{what + " error by epoch · %", short}
}
