package tui

import (
	"fmt"
	"runtime"
	"strings"

	"resnet-tui/profile"
)

// deviceView shows what the net runs on.
type deviceView struct{ treeView }

func (v *deviceView) title() string { return "Device" }

// draw lists what is known of the device, of the program and of resnet-tui.
func (v *deviceView) draw(c *canvas, r rect) {
	y := r.y
	for _, f := range v.deviceFacts() {
		if y >= r.y+r.h {
			return
		}
		c.text(r.x+1, y, r.x+r.w, f.label, muted)
		y = c.wrap(rect{r.x + 14, y, r.w - 15, r.y + r.h - y}, f.text, plainText)
	}
}

// deviceFacts are what is known of the device and of this program.
func (v *deviceView) deviceFacts() []detailLine {
	var facts []detailLine
	if err := v.state.Err; err != nil { // the header may not have room for all of it
		facts = append(facts, detailLine{label: "stopped", text: oneLine(err)})
	}
	facts = append(facts, v.processorFacts()...)
	facts = append(facts, v.recordedFacts()...)
	facts = append(facts, v.ceilingFacts()...)
	if v.machineBusy() {
		facts = append(facts, detailLine{label: "busy", text: v.state.Machine.BusyLine()})
	}
	if v.program != nil {
		kernels := plural(len(v.program.Kernels), "kernels")
		facts = append(facts, detailLine{label: "program", text: kernels + "; " + memoryTotals(v.program)})
	}
	version := v.opts.Version
	if !v.about.Recorded { // of the program that recorded, only its version is known
		version += fmt.Sprintf(" %s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	}
	facts = append(facts, detailLine{label: "resnet-tui", text: strings.TrimSpace(version)})
	return compact(facts)
}

// processorFacts are what the device is.
func (v *deviceView) processorFacts() []detailLine {
	i := v.about.Device
	if now := v.state.Device; now != nil {
		i = *now
	}
	if !i.Kind.IsCPU() {
		return gpuFacts(&i, v.about.Recorded)
	}
	facts := []detailLine{
		{label: "device", text: i.ID},
		{label: "name", text: i.Name},
		{label: "cores", text: fmt.Sprintf("%d that a program may use", i.Cores)},
	}
	if v.about.Recorded { // of the machine it says no more than this
		facts[2] = detailLine{label: "threads", text: fmt.Sprint(i.Cores)}
	}
	if i.Memory > 0 {
		facts = append(facts, detailLine{label: "memory", text: profile.FormatBytes(i.Memory)})
	}
	if by := i.Products[v.about.Precision]; by != "" {
		facts = append(facts, detailLine{label: "products", text: fmt.Sprintf("%s by %s", v.about.Precision, by)})
	}
	return append(facts, detailLine{label: "kernels", text: i.Kernels},
		detailLine{label: "features", text: strings.Join(i.Features, " ")})
}

// ceilingFacts are what the device can do at best, if that is known.
func (v *deviceView) ceilingFacts() []detailLine {
	c := v.state.Ceilings
	if !c.Known() {
		return nil
	}
	where := "the highest measured or reached on this machine"
	if v.about.Recorded {
		where = "measured on the machine of the recording"
	}
	return []detailLine{{label: "ceilings", text: fmt.Sprintf("%s GFLOP/s%s, %s GB/s from memory, %s",
		profile.Significant(c.GFLOPS), v.ofPrecision(), profile.Significant(c.GBPS), where)}}
}

// recordedFacts say when a recording was made, and by what.
func (v *deviceView) recordedFacts() []detailLine {
	if !v.about.Recorded {
		return nil
	}
	text := strings.TrimPrefix(recordedText(v.about.RecordedAt), "recorded ")
	if by := v.about.RecordedBy; by != "" {
		text += ", by version " + by
	}
	return []detailLine{{label: "recorded", text: text}}
}

// compact leaves out the facts that are not known: a recording has few.
func compact(facts []detailLine) []detailLine {
	known := facts[:0]
	for _, f := range facts {
		if f.text != "" {
			known = append(known, f)
		}
	}
	return known
}
