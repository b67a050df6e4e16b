package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"resnet-tui/profile"
)

// Diff prints how two profiles differ. Its JSON is that of profile.Diff.
type Diff struct {
	*profile.Diff
	All bool `json:"-"` // in text, also show rows within noise
}

// Table has one row per layer, the largest difference first, then the layers that
// only one side has. It has all rows, whatever All says.
func (d Diff) Table() Tabular { return d.table(d.Layers) }

// table has the given rows of layers that both sides have, then those that only
// one side has.
func (d Diff) table(layers []profile.DiffRow) Table[profile.DiffRow] {
	rows := slices.Concat(layers, d.OnlyA, d.OnlyB)
	return Table[profile.DiffRow]{Rows: rows, Columns: []Column[profile.DiffRow]{
		{"path", "layer", left, func(r profile.DiffRow) Cell { return plain(r.Path) }},
		{"call", "", right, func(r profile.DiffRow) Cell { return whole(r.Call) }},
		{"pass", "pass", left, func(r profile.DiffRow) Cell { return plain(r.Pass) }},
		{"a_ms", "A", right, func(r profile.DiffRow) Cell { return maybeMS(r.AMS) }},
		{"b_ms", "B", right, func(r profile.DiffRow) Cell { return maybeMS(r.BMS) }},
		{"delta_ms", "B − A", right, func(r profile.DiffRow) Cell { return maybeSigned(r.DeltaMS) }},
		{"", "of A", right, func(r profile.DiffRow) Cell { return maybeChange(r.AMS, r.DeltaMS) }},
		{"p_value", "p", right, func(r profile.DiffRow) Cell { return probability(r.PValue) }},
		{"p_adjusted", "p adjusted", right, func(r profile.DiffRow) Cell { return probability(r.PAdjusted) }},
		{"ratio_low", "", right, func(r profile.DiffRow) Cell { return ratioBound(r.Interval, 0) }},
		{"ratio_high", "", right, func(r profile.DiffRow) Cell { return ratioBound(r.Interval, 1) }},
		{"", intervalTitle, right, func(r profile.DiffRow) Cell { return plain(intervalText(r.Interval)) }},
		{"significant", "", left, func(r profile.DiffRow) Cell { return truth(r.Significant) }},
		{"", "verdict", left, func(r profile.DiffRow) Cell { return plain(r.Verdict()) }},
		{"", "kernel", left, func(r profile.DiffRow) Cell { return plain(kernelChange(r)) }},
		{"a_kernel", "", left, func(r profile.DiffRow) Cell { return plain(r.AKernel) }},
		{"b_kernel", "", left, func(r profile.DiffRow) Cell { return plain(r.BKernel) }},
	}}
}

// Text writes the totals, the rows that differ beyond noise or all rows, and how
// they were tested. A reader of hundreds of rows would take the largest ones
// within noise for findings, so these are hidden at first.
func (d Diff) Text(w io.Writer) error {
	if err := d.facts().write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	shown := d.Layers
	if !d.All {
		shown = d.beyondNoise()
	}
	if table := d.forText(d.table(shown)); len(table.Rows) > 0 {
		if err := table.Text(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return d.notes(w, len(d.Layers)-len(shown))
}

// forText leaves out the p-value that verdicts don't rest on, and with single processes
// the empty column of intervals.
func (d Diff) forText(t Table[profile.DiffRow]) Table[profile.DiffRow] {
	if !d.single() {
		return t.Without("p_value")
	}
	t = t.Without("p_adjusted")
	t.Columns = slices.DeleteFunc(t.Columns, func(c Column[profile.DiffRow]) bool { return c.Title == intervalTitle })
	return t
}

const intervalTitle = "95 % interval"

// facts returns what was compared, and how whole passes differ.
func (d Diff) facts() (f facts) {
	t := d.Total
	f.add("A", sideLine(d.A, d.AboutA))
	f.add("B", sideLine(d.B, d.AboutB))
	f.addf("a pass", "%s → %s: %s, %s (%s)",
		ms(t.AMS), ms(t.BMS), signed(t.DeltaMS), change(t.AMS, t.DeltaMS), d.totalVerdict())
	if unlike := d.unlike(); len(unlike) > 0 {
		f.add("unlike", strings.Join(unlike, ", "))
	}
	return f
}

// The notes below the table say what the p-values mean, and what they don't cover.
const (
	pairsNote = "Verdicts rest on %d pairs of processes that ran turn about, by a t test of the differences " +
		"within pairs;\nmarked with a probability of 0.2 %% of marking anything where nothing differs (Holm). " +
		"Tests and intervals are of the fastest passes\nof each process; A and B are typical times, " +
		"which spells of the machine can move more than a difference does.\n"
	sidesNote = "Verdicts rest on %d and %d processes (Welch's t test, Holm). They did not run turn about, " +
		"and a spell of the machine may\nexplain differences up to twofold, so only larger ones are marked. " +
		"For a sharper test record A and B in turns,\na process each: diff a1,a2,a3,a4,a5,a6 b1,b2,b3,b4,b5,b6.\n"
	singleNote = "One process a side: what differs in this pair can't be told from the machine's spells, " +
		"which last longer than a recording.\np is that of the passes of this pair (Mann–Whitney). " +
		"For a verdict record A and B in turns, a process each, six times or more:\n" +
		"diff a1,a2,a3,a4,a5,a6 b1,b2,b3,b4,b5,b6.\n"
	devicesNote = "Verdicts rest on %d and %d processes (Welch's t test, Holm) on different devices. " +
		"A spell that slows one of them\nneed not slow the other, so it may explain differences up to twofold, " +
		"in whatever order they ran; only larger ones are marked.\n"
	singleDevicesNote = "One process a side, on different devices: a spell of either may explain differences up to twofold.\n" +
		"p is that of the passes of this pair (Mann–Whitney). For a verdict record several processes of A and of B:\n" +
		"diff a1,a2,a3,a4,a5,a6 b1,b2,b3,b4,b5,b6.\n"
)

// single reports whether a side has one process only.
func (d Diff) single() bool { return min(d.AboutA.Processes, d.AboutB.Processes) < 2 }

// notes writes how many rows are hidden, and what verdicts rest on.
func (d Diff) notes(w io.Writer, hidden int) error {
	switch {
	case hidden == 1:
		fmt.Fprintln(w, "1 more layer is within noise (--all shows it).")
	case hidden > 1:
		fmt.Fprintf(w, "%d more layers are within noise (--all shows them).\n", hidden)
	}
	return d.evidence(w)
}

// evidence writes what verdicts rest on.
func (d Diff) evidence(w io.Writer) (err error) {
	switch a, b := d.AboutA.Processes, d.AboutB.Processes; {
	case d.single() && d.OtherDevice:
		_, err = io.WriteString(w, singleDevicesNote)
	case d.single():
		_, err = io.WriteString(w, singleNote)
	case d.TurnAbout:
		_, err = fmt.Fprintf(w, pairsNote, a)
	case d.OtherDevice:
		_, err = fmt.Fprintf(w, devicesNote, a, b)
	default:
		_, err = fmt.Fprintf(w, sidesNote, a, b)
	}
	return err
}

// beyondNoise returns the rows to show: those that stand out, and those that couldn't
// be tested.
func (d Diff) beyondNoise() []profile.DiffRow {
	var rows []profile.DiffRow
	for _, r := range d.Layers {
		if r.Significant || r.InPair || r.PValue == nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// unlike lists how the sides differ besides their times. The reader has to judge
// whether such a comparison makes sense: it may be its point.
func (d Diff) unlike() (list []string) {
	add := func(name string, a, b any) {
		if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
			list = append(list, fmt.Sprintf("%s %s → %s", name, x, y))
		}
	}
	a, b := d.AboutA, d.AboutB
	add("net", a.Model, b.Model)
	add("version", a.Version, b.Version)
	add("processor", a.Device.Name, b.Device.Name)
	add("kernels", a.Device.Kernels, b.Device.Kernels)
	if a.Device.OnCPU() && b.Device.OnCPU() {
		add("threads", a.Device.Threads, b.Device.Threads)
	}
	if a.Device.Driver != "" && b.Device.Driver != "" {
		add("driver", a.Device.Driver, b.Device.Driver)
	}
	add("input", a.Input.Shape, b.Input.Shape)
	add("mode", a.Mode, b.Mode)
	add("fused", a.Fused, b.Fused)
	add("precision", a.Device.Precision, b.Device.Precision)
	return list
}

// totalVerdict puts the test of whole passes into words.
func (d Diff) totalVerdict() string {
	t := d.Total
	if t.PValue == nil {
		return "no samples to test"
	}
	words := t.Verdict()
	if text := intervalText(t.Interval); text != "" {
		words += ", 95 % interval " + text
	}
	p := t.PValue
	if t.PAdjusted != nil {
		p = t.PAdjusted
	}
	return fmt.Sprintf("%s, p = %s", words, probability(p).Text)
}

// intervalText formats an interval of ratios as changes. nil is blank.
func intervalText(ratio *[2]float64) string {
	if ratio == nil {
		return ""
	}
	from, to := profile.FormatChange(ratio[0]-1), profile.FormatChange(ratio[1]-1)
	if short, percent := strings.CutSuffix(from, " %"); percent && strings.HasSuffix(to, " %") {
		from = short
	}
	return from + " to " + to
}

// ratioBound is a bound of an interval of ratios.
func ratioBound(ratio *[2]float64, bound int) Cell {
	if ratio == nil {
		return missing
	}
	return Cell{profile.Significant(ratio[bound]), raw(ratio[bound])}
}

// sideLine describes the recordings of one side.
func sideLine(name string, s profile.DiffSide) string {
	line := fmt.Sprintf("%s: %s, %v, %s, %d passes",
		name, s.Model, s.Input.Shape, s.Device.Processor(), s.Runs)
	if s.Processes > 1 {
		line += fmt.Sprintf(" in %d processes", s.Processes)
	}
	return line
}

// kernelChange names a row's kernel, or both if they differ.
func kernelChange(r profile.DiffRow) string {
	switch {
	case r.AKernel == r.BKernel || r.BKernel == "":
		return r.AKernel
	case r.AKernel == "":
		return r.BKernel
	}
	return r.AKernel + " → " + r.BKernel
}
