package tui

import (
	"fmt"
	"runtime"
	"strings"

	"resnet-tui/profile"
)

// drawDevice tells what runs the net.
func (m *Model) drawDevice(r rect) {
	y := r.y
	for _, f := range m.deviceFacts() {
		if y >= r.y+r.h {
			return
		}
		m.canvas.text(r.x+1, y, r.x+r.w, f.label, muted)
		y = m.wrap(rect{r.x + 14, y, r.w - 15, r.y + r.h - y}, f.text, plainText)
	}
}

// wrap draws words over as many lines as they need, and returns the line after.
func (m *Model) wrap(r rect, text string, l look) int {
	x, y := r.x, r.y
	for _, word := range strings.Fields(text) {
		if x > r.x && x+width(word) > r.x+r.w {
			x, y = r.x, y+1
		}
		if y >= r.y+r.h {
			return y
		}
		x = m.canvas.text(x, y, r.x+r.w, word, l) + 1
	}
	return y + 1
}

// deviceFacts are what is known of the device and of this program.
func (m *Model) deviceFacts() []detailLine {
	i := m.opts.Device.Info()
	facts := []detailLine{
		{label: "device", text: i.ID},
		{label: "name", text: i.Name},
		{label: "cores", text: fmt.Sprintf("%d that a program may use", i.Cores)},
	}
	if i.Memory > 0 {
		facts = append(facts, detailLine{label: "memory", text: profile.FormatBytes(i.Memory)})
	}
	facts = append(facts, detailLine{label: "kernels", text: i.Kernels},
		detailLine{label: "features", text: strings.Join(i.Features, " ")})
	if c := m.opts.Ceilings; c.Known() {
		facts = append(facts, detailLine{label: "ceilings", text: fmt.Sprintf("%s GFLOP/s, %s GB/s from memory, measured on this machine",
			profile.Significant(c.GFLOPS), profile.Significant(c.GBPS))})
	}
	if m.program != nil {
		facts = append(facts, detailLine{label: "program", text: fmt.Sprintf("%s; %s", plural(len(m.program.kernels), "kernels"), m.memoryTotals())})
	}
	facts = append(facts, detailLine{label: "resnet-tui", text: strings.TrimSpace(m.opts.Version + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH)})
	return compact(facts)
}

// compact leaves out the facts that are not known.
func compact(facts []detailLine) []detailLine {
	known := facts[:0]
	for _, f := range facts {
		if f.text != "" {
			known = append(known, f)
		}
	}
	return known
}
