package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"resnet-tui/profile"
)

// Text writes the tree with its times, then totals, conditions and gradients.
func (p Profile) Text(w io.Writer) error {
	if err := p.tree().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := slices.Concat(p.totals(), p.conditions(), p.Ops.facts()).write(w); err != nil {
		return err
	}
	return writeBlocks(w, p.Blocks)
}

// totals returns what was measured, and the times of whole passes.
func (p Profile) totals() (f facts) {
	t := p.Total
	f.add("net", p.Model.Line())
	f.add("input", p.Input.Shape.String()+", "+p.Input.Source)
	if p.Input.Preprocess != nil {
		f.add("pictures", p.Input.Preprocess.String())
	}
	f.add("device", p.Device.Line())
	f.addf("time", "%s", profile.TimeLine(p.Profile))
	if p.HasPasses() {
		f.add("", profile.PassesLine(&t))
	}
	passes := fmt.Sprintf("%d after %s", p.Runs, p.warmupWords())
	if n := len(p.Processes); n > 0 {
		passes = fmt.Sprintf("%d in %d processes, each after %s", p.Runs, n, p.warmupWords())
	}
	f.add("passes", passes)
	f.addf("throughput", "%s img/s, %s GFLOP/s direct-equivalent",
		perSecond(t.ImagesPerS).Text, number(&t.GFLOPS).Text)
	f.add("memory", p.memoryLine())
	if p.Loss != nil {
		f.add("loss", number(p.Loss).Text+" in the last pass")
	}
	return f
}

// conditions returns what a reader needs to judge the times: peak of memory, load
// of the machine, cost of the recorder, ceilings. Each is left out if unknown.
func (p Profile) conditions() (f facts) {
	if !p.Recorded.IsZero() {
		f.add("recorded", p.recordedLine())
	}
	if m := p.Memory.Peak; m != nil {
		f.add("peak", p.peakLine(m))
	}
	if m := p.Machine; m != nil {
		f.add("processor", p.machineLine(m))
	}
	if r := p.Recorder; r != nil {
		f.addf("recorder", "%s ± %s of a pass, from %d pairs of passes with and without it",
			fineShare(r.Cost), fineShare(r.Error), r.Pairs)
	}
	if c := p.Ceilings; c != nil {
		f.addf("ceilings", "%s GFLOP/s and %s GB/s, measured",
			profile.Significant(c.GFLOPS), profile.Significant(c.GBPS))
		if r := p.AboveRoof(); r != nil {
			f.addf("", "measured too low: %s (%s) is %.2f× above; resnet-tui info --measure measures again",
				r.Path, r.Pass, float64(r.Roof))
		}
	}
	return f
}

// recordedLine says when the profile was recorded, and by what.
func (p Profile) recordedLine() string {
	line := moment(p.Recorded).Text
	if p.Version != "" {
		line += ", by version " + p.Version
	}
	return line
}

// warmupWords describes the warm-up. The range shows whether it was enough.
func (p Profile) warmupWords() string {
	words := fmt.Sprintf("%d to warm up", p.Warmup)
	if p.WarmupSpread > 0 {
		words += fmt.Sprintf(", the last 3 within %s", profile.FormatShare(p.WarmupSpread))
	}
	return words
}

// fineShare formats a small share with two decimals, one more than FormatShare.
func fineShare(part Number) string { return hundredths(100*float64(part)) + " %" }

// peakHolders is the number of values at the peak that text names.
const peakHolders = 3

// peakLine says when most memory is live, and what holds it.
func (p Profile) peakLine(m *profile.MemoryPeak) string {
	var names []string
	for _, h := range m.Holders[:min(len(m.Holders), peakHolders)] {
		names = append(names, h.Name+" "+profile.FormatBytes(h.Bytes))
	}
	line := fmt.Sprintf("%s live during %s (%s): %s",
		profile.FormatBytes(m.LiveBytes), m.Path, m.Pass, strings.Join(names, ", "))
	if more := len(m.Holders) - len(names); more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	return line
}

// cpuTime is the CPU time of a pass. On the CPU, a time below threads × wall time means
// that threads slept or had to wait for a core; with a GPU it is what handing it the work
// takes, and waiting for it.
func (p Profile) cpuTime(m *profile.Machine) string {
	if !p.Device.OnCPU() {
		return ms(m.CPUMS) + " of the CPU in a pass"
	}
	wall := p.Total.MeanMS * float64(max(p.Device.Threads, 1))
	return fmt.Sprintf("%s of all threads in a pass, %s of %d × wall time",
		ms(m.CPUMS), profile.FormatShare(m.CPUMS/wall), p.Device.Threads)
}

// machineLine says how much of the processors the passes got.
func (p Profile) machineLine(m *profile.Machine) string {
	line := "CPU time is not available on this system"
	if m.CPUMS > 0 {
		line = fmt.Sprintf("%s; threads lost their core %s times per pass",
			p.cpuTime(m), profile.Significant(m.Preempted))
	}
	if m.Processors > 0 {
		line += fmt.Sprintf("; other programs used %s of %d cores", profile.Significant(m.OthersCores), m.Processors)
	}
	if p.Busy() {
		line += " – BUSY, times are too long"
	}
	return line
}

// memoryLine compares planned and used memory.
func (p Profile) memoryLine() string {
	where := ""
	if !p.Device.OnCPU() {
		where = " on the device"
	}
	line := fmt.Sprintf("%s planned%s (%s of them weights)",
		profile.FormatBytes(p.Memory.PredictedBytes), where, profile.FormatBytes(p.Memory.WeightBytes))
	if p.Memory.PeakRSSBytes > 0 {
		line += ", " + profile.FormatBytes(p.Memory.PeakRSSBytes) + " peak of the process"
	}
	return line
}
