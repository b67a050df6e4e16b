package tui

import (
	"fmt"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// gpuFacts are what is known of a GPU; a recording knows only which it was.
func gpuFacts(i *tensor.Info, recorded bool) []detailLine {
	facts := []detailLine{
		{label: "device", text: strings.Join([]string{i.ID, string(i.Kind)}, " · ")},
		{label: "name", text: i.Name},
		{label: "driver", text: driverText(i)},
		{label: "kernels", text: i.Kernels},
	}
	if recorded {
		return facts
	}
	for n, h := range i.Heaps {
		label := "memory"
		if n > 0 {
			label = ""
		}
		facts = append(facts, detailLine{label: label, text: heapText(h, i.Kind)})
	}
	facts = append(facts,
		detailLine{label: "precisions", text: precisionsText(i.Precisions)},
		detailLine{label: "features", text: strings.Join(i.Features, " · ")})
	if i.Kind == tensor.KindSoftware { // has no sensors, and the processor's are not its
		return facts
	}
	return append(facts,
		detailLine{label: "clock", text: sensor("%.0f MHz", i.Sensors.ClockMHz)},
		detailLine{label: "memory clock", text: sensor("%.0f MHz", i.Sensors.MemoryClockMHz)},
		detailLine{label: "temperature", text: sensor("%.0f °C", i.Sensors.Celsius)},
		detailLine{label: "power", text: sensor("%.0f W", i.Sensors.Watts)})
}

// driverText is the driver, and by what it is driven.
func driverText(i *tensor.Info) string {
	if i.API == "" {
		return i.Driver
	}
	return i.Driver + " · " + i.API
}

// heapText is the size of one of the device's memories, and what of it is free, if that
// is known. All that a software renderer has is the host's, whatever it says of it.
func heapText(h tensor.Heap, kind tensor.DeviceKind) string {
	text := profile.FormatBytes(h.Size) + " of the host"
	if h.Local && kind != tensor.KindSoftware {
		text = profile.FormatBytes(h.Size) + " of its own"
	}
	if h.Free > 0 {
		text += ", " + profile.FormatBytes(h.Free) + " free"
	}
	return text
}

// precisionsText names arithmetics.
func precisionsText(all []tensor.Precision) string {
	var names []string
	for _, p := range all {
		names = append(names, p.String())
	}
	return strings.Join(names, " ")
}

// sensor writes what a sensor says, a dash where the system doesn't tell.
func sensor(format string, v float64) string {
	if v <= 0 {
		return profile.Dash
	}
	return fmt.Sprintf(format, v)
}
