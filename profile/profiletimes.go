package profile

import (
	"fmt"
	"slices"
)

// Statistic returns what the times, shares and rates of p are: Typical, or Mean if
// it has no typical times.
func (p *Profile) Statistic() Statistic {
	if p.Total.TypicalMS > 0 {
		return Typical
	}
	return Mean
}

// HasPasses reports whether figures of single passes are known: percentiles, the
// minimum, the coefficient of variation. They aren't in a file that has means only.
func (p *Profile) HasPasses() bool { return p.Statistic() == Typical || len(p.Total.SamplesMS) > 0 }

// LayerMS returns the time of a row per pass, of p's Statistic.
func (p *Profile) LayerMS(row int) float64 {
	if p.Statistic() == Typical {
		return p.Layers[row].TypicalMS
	}
	return p.Layers[row].MeanMS
}

// OverheadTimeMS returns the overhead of a pass, of p's Statistic.
func (p *Profile) OverheadTimeMS() float64 {
	if p.Statistic() == Typical {
		return p.Total.OverheadTypicalMS
	}
	return p.Total.OverheadMS
}

// TimeMS returns what some rows, given by their index in Layers, take together per
// pass, of p's Statistic.
func (p *Profile) TimeMS(rows []int) float64 {
	sum := 0.0
	for _, i := range rows {
		sum += p.LayerMS(i)
	}
	return sum
}

// Complete derives the typical times of a file of an older version, with all that
// follows from them, if the file has a sample of every pass. Other files stay as they
// are.
func (p *Profile) Complete() {
	t := &p.Total
	passes := len(t.SamplesMS)
	if t.TypicalMS > 0 || passes == 0 || passes != p.Runs || slices.Min(t.SamplesMS) <= 0 {
		return
	}
	for i := range p.Layers {
		if len(p.Layers[i].SamplesMS) != passes {
			return
		}
	}
	typical := typicalPasses(t.SamplesMS, nil)
	t.TypicalMS = meanAt(t.SamplesMS, typical)
	t.TypicalError = Number(typicalError(t.SamplesMS, t.SamplesMS, typical))
	for i := range p.Layers {
		r := &p.Layers[i]
		r.TypicalMS = meanAt(r.SamplesMS, typical)
		r.TypicalError = Number(typicalError(r.SamplesMS, t.SamplesMS, typical))
	}
	p.derive()
	if c := p.Ceilings; c != nil {
		p.SetCeilings(Ceilings{c.GFLOPS, c.GBPS})
	}
}

// MeansOnly returns a copy of p as it would be without single passes: its times are
// means, and so are shares and rates. p itself and its rows stay as they are.
func (p *Profile) MeansOnly() *Profile {
	c := *p
	c.Trace, c.Processes = nil, nil
	c.Total.SamplesMS = nil
	c.Total.TypicalMS, c.Total.TypicalError, c.Total.OverheadTypicalMS = 0, 0, 0
	c.Layers = slices.Clone(p.Layers)
	for i := range c.Layers {
		r := &c.Layers[i]
		r.SamplesMS = nil
		r.TypicalMS, r.TypicalError = 0, 0
	}
	c.derive()
	if roofs := p.Ceilings; roofs != nil {
		c.SetCeilings(Ceilings{roofs.GFLOPS, roofs.GBPS})
	}
	return &c
}

// derive sets what follows from the times of rows and of whole passes: shares,
// rates and the overhead.
func (p *Profile) derive() {
	t := &p.Total
	t.OverheadMS = t.MeanMS
	t.OverheadTypicalMS = t.TypicalMS
	var multiplyAdds int64 // per image, over all passes
	for i := range p.Layers {
		r := &p.Layers[i]
		ms := p.LayerMS(i)
		t.OverheadMS -= r.MeanMS
		t.OverheadTypicalMS -= r.TypicalMS
		multiplyAdds += r.MACs
		r.Share = Number(ms / t.TimeMS())
		r.GFLOPS = rate(r.MACs, p.Batch(), ms)
		r.GBPS = 0
		if ms > 0 {
			r.GBPS = Number(float64(r.Bytes) / ms / 1e6) // 10⁶ bytes per ms are 10⁹ per s
		}
	}
	t.ImagesPerS = Number(float64(p.Batch()) / t.TimeMS() * 1e3)
	t.GFLOPS = rate(multiplyAdds, p.Batch(), t.TimeMS())
}

// TimeLine says in words what a pass takes, how well that is known, and which
// statistic it is.
func TimeLine(p *Profile) string {
	t := &p.Total
	line := Time.Figure(t.TimeMS() * 1e6).String()
	if t.TypicalError > 0 {
		line += " ± " + FormatShare(float64(t.TypicalError))
	}
	return line + ", " + p.Statistic().String()
}

// PassesLine says in words how single passes vary.
func PassesLine(t *Total) string {
	of := func(ms float64) string { return Time.Figure(ms * 1e6).String() }
	return fmt.Sprintf("%s p50, %s p95, %s min, %s mean, cv %s",
		of(t.P50MS), of(t.P95MS), of(t.MinMS), of(t.MeanMS), FormatShare(float64(t.CV)))
}
