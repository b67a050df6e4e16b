package main

import (
	"math"
	"slices"
)

// profile is the part of the program's JSON that the checks need.
type profile struct {
	Model struct {
		Arch string `json:"arch"`
	} `json:"model"`
	Device struct {
		Name string `json:"name"`
	} `json:"device"`
	Total struct {
		TypicalMS         float64 `json:"typical_ms"`
		OverheadTypicalMS float64 `json:"overhead_typical_ms"`
		OverheadMS        float64 `json:"overhead_ms"`
	} `json:"total"`
	Memory struct {
		Timeline []struct{} `json:"timeline"`
	} `json:"memory"`
	Ceilings *struct{} `json:"ceilings"`
	Layers   []layer   `json:"layers"`
	Blocks   []block   `json:"blocks"`
}

type layer struct {
	Path      string  `json:"path"`
	Pass      string  `json:"pass"`
	TypicalMS float64 `json:"typical_ms"`
	MeanMS    float64 `json:"mean_ms"`
	Executed  int64   `json:"executed_flops"`
	Intensity float64 `json:"intensity"`
}

// block has gradient norms, nil where there are none or they are not finite.
type block struct {
	In     *float64 `json:"grad_in"`
	Skip   *float64 `json:"grad_skip"`
	Branch *float64 `json:"grad_branch"`
}

// passes are the profile's passes, in the order in which they run.
func (p *profile) passes() (list []string) {
	for _, l := range p.Layers {
		if !slices.Contains(list, l.Pass) {
			list = append(list, l.Pass)
		}
	}
	return list
}

// weights are nanoseconds by path: of one pass, or of all if pass is empty.
func (p *profile) weights(pass string) map[string]float64 {
	ns := map[string]float64{}
	for _, l := range p.Layers {
		if pass == "" || l.Pass == pass {
			ns[l.Path] += math.Round(l.TypicalMS * 1e6)
		}
	}
	return ns
}

// whole is the sum of weights and of what lies between the layers.
func (p *profile) whole(pass string) (ns float64) {
	for _, v := range p.weights(pass) {
		ns += v
	}
	if pass == "" {
		ns += max(math.Round(p.Total.OverheadTypicalMS*1e6), 0)
	}
	return ns
}

// ofMeans is the profile with means in place of typical times, as folded stacks and
// pprof's format have them.
func (p *profile) ofMeans() *profile {
	q := *p
	q.Total.OverheadTypicalMS = p.Total.OverheadMS
	q.Layers = slices.Clone(p.Layers)
	for i := range q.Layers {
		q.Layers[i].TypicalMS = q.Layers[i].MeanMS
	}
	return &q
}

// computing counts the layers that the roofline can show.
func (p *profile) computing() (n int) {
	for _, l := range p.Layers {
		if l.Intensity > 0 && l.TypicalMS > 0 && l.Executed > 0 {
			n++
		}
	}
	return n
}

// norms counts the gradient norms that a logarithmic axis can show.
func (p *profile) norms() (n int) {
	for _, b := range p.Blocks {
		for _, v := range []*float64{b.In, b.Skip, b.Branch} {
			if v != nil && *v > 0 {
				n++
			}
		}
	}
	return n
}
