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
		{"q_value", "q", right, func(r profile.DiffRow) Cell { return probability(r.QValue) }},
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
	if table := d.table(shown).Without("q_value"); len(table.Rows) > 0 {
		if err := table.Text(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return d.notes(w, len(d.Layers)-len(shown))
}

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
	pooledNote = "p: Welch's t test over the medians of %d and %d recordings, " +
		"so it includes what differs from process to process;\n" +
		"marked at a false discovery rate of 5 %% (Benjamini–Hochberg).\n"
	singleNote = "p: Mann–Whitney over medians of stretches of passes; " +
		"marked at a false discovery rate of 5 % (Benjamini–Hochberg).\n" +
		"Each recording is a single process, so p does not include what differs from process to process. " +
		"Record each side several times to include it: diff a1,a2,a3 b1,b2,b3.\n"
)

// notes writes how many rows are hidden, and which test the p-values come from.
func (d Diff) notes(w io.Writer, hidden int) (err error) {
	switch {
	case hidden == 1:
		fmt.Fprintln(w, "1 more layer is within noise (--all shows it).")
	case hidden > 1:
		fmt.Fprintf(w, "%d more layers are within noise (--all shows them).\n", hidden)
	}
	if a, b := d.AboutA.Recordings, d.AboutB.Recordings; a > 1 && b > 1 {
		_, err = fmt.Fprintf(w, pooledNote, a, b)
	} else {
		_, err = io.WriteString(w, singleNote)
	}
	return err
}

// beyondNoise returns the rows to show: those that are significant, and those
// that couldn't be tested.
func (d Diff) beyondNoise() []profile.DiffRow {
	var rows []profile.DiffRow
	for _, r := range d.Layers {
		if r.Significant || r.PValue == nil {
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
	add("threads", a.Device.Threads, b.Device.Threads)
	add("input", a.Input.Shape, b.Input.Shape)
	add("mode", a.Mode, b.Mode)
	add("fused", a.Fused, b.Fused)
	add("precision", a.Device.Precision, b.Device.Precision)
	return list
}

// totalVerdict puts the test of whole passes into words.
func (d Diff) totalVerdict() string {
	switch {
	case d.Total.PValue == nil:
		return "no samples to test"
	case !d.Total.Significant:
		return fmt.Sprintf("within noise, p = %s", probability(d.Total.PValue).Text)
	}
	return fmt.Sprintf("beyond noise, p = %s", probability(d.Total.PValue).Text)
}

// sideLine describes the recordings of one side.
func sideLine(name string, s profile.DiffSide) string {
	line := fmt.Sprintf("%s: %s, %v, %d threads of %s, %d passes",
		name, s.Model, s.Input.Shape, s.Device.Threads, s.Device.Name, s.Runs)
	if s.Recordings > 1 {
		line += fmt.Sprintf(" in %d recordings", s.Recordings)
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
