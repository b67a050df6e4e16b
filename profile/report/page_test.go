package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/profile"
)

// TestTextFits: no line of a report is wider than the terminal, and the columns that
// matter most are there.
func TestTextFits(t *testing.T) {
	for name, r := range map[string]Report{
		"checks": someChecks(), "compare": someCompare(), "diff": someDiff(), "history": someHistory(),
		"sweep": someSweep(), "train": someTrain(), "run": newRun(t, true), "profile": newProfile(t),
		"eval": &Eval{Model: someNet, Data: "cifar10:" + strings.Repeat("deep/", 30), Total: 846},
	} {
		for _, columns := range []int{60, 80, 120} {
			var b bytes.Buffer
			if err := WriteFit(&b, r, "text", columns); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > columns && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s at %d columns has a line of %d: %s", name, columns, n, line)
				}
			}
			head, _, _ := strings.Cut(b.String(), "\n")
			if name == "profile" && (!strings.Contains(head, "module") || !strings.Contains(head, "time") ||
				!strings.Contains(head, "share")) {
				t.Errorf("at %d columns a profile has only %q", columns, head)
			}
		}
		wide, whole := write(t, r, "text"), bytes.Buffer{}
		if err := WriteFit(&whole, r, "text", 10_000); err != nil || whole.String() != string(wide) {
			t.Errorf("%s: what fits is changed (%v)", name, err)
		}
	}
}

// TestFit: columns leave in their order, then the widest text is cut; the first stays.
func TestFit(t *testing.T) {
	table := Table[someRow]{Rows: []someRow{{"a name that is quite long", 3}}, Columns: []Column[someRow]{
		{"name", "layer", left, func(r someRow) Cell { return plain(r.name) }},
		{"n", "params", right, func(r someRow) Cell { return whole(r.n) }},
		{"k", "kernel", left, func(r someRow) Cell { return plain("direct") }},
		{"t", "time", right, func(r someRow) Cell { return plain("1 ms") }},
	}}
	for columns, want := range map[int]string{
		0:  "layer                      params  kernel  time\na name that is quite long       3  direct  1 ms\n",
		40: "layer                      params  time\na name that is quite long       3  1 ms\n",
		35: "layer                      time\na name that is quite long  1 ms\n",
		20: "layer           time\na name that i…  1 ms\n",
	} {
		p := &page{columns: columns}
		if err := table.Text(p); err != nil || p.String() != want {
			t.Errorf("at %d columns (%v):\n%swant\n%s", columns, err, p.String(), want)
		}
	}
}

// TestNothingIsObeyed: what a file brought along is escaped in every format.
func TestNothingIsObeyed(t *testing.T) {
	const evil = "\x1b]0;x\a\u009b31m\u202e\x7f\nnext"
	d := someDiff()
	d.A, d.Layers[0].Path, d.AboutA.Model, d.AboutA.Device.Name, d.Layers[0].AKernel = evil, evil, evil, evil, evil
	h := someHistory()
	h.Entries[0].Model.Arch, h.Entries[0].Device.Name, h.Entries[1].Model.Arch = evil, evil, evil
	for _, r := range []Report{d, h, &History{Path: evil}, &Eval{Model: profile.Model{Arch: evil}, Data: evil}} {
		for _, format := range Formats {
			if text := string(write(t, r, format)); profile.PrintableLines(text) != text || strings.Contains(text, "\nnext") {
				t.Errorf("%T as %s has %q", r, format, text)
			}
		}
	}
}
