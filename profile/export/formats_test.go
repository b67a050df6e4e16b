package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
)

// TestGoldens pins the bytes of each format, which were checked with the tools.
func TestGoldens(t *testing.T) {
	page := func(w io.Writer, p *profile.Profile) error { return HTML(w, p) }
	for name, write := range map[string]func(io.Writer, *profile.Profile) error{
		"folded": Folded, "speedscope": Speedscope, "trace": ChromeTrace, "html": page,
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b, sample()); err != nil {
				t.Fatal(err)
			}
			golden.RequireEqual(t, b.Bytes())
		})
	}
}

// TestPicturesInAPage: pictures are in the page itself, and their texts are escaped.
func TestPicturesInAPage(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, sample(), Picture{"a <title>", "a note", []byte("\x89PNG")}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`src="data:image/png;base64,iVBORw=="`, "<b>a &lt;title&gt;</b> a note"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the page doesn't have %s", part)
		}
	}
}

// TestFoldedAddsUp: the nanoseconds of all lines add up to the mean pass.
func TestFoldedAddsUp(t *testing.T) {
	var b bytes.Buffer
	p := sample()
	p.Layers[0].Kernel = "odd;name\n"
	if err := Folded(&b, p); err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for line := range strings.Lines(b.String()) {
		at := strings.LastIndexByte(line, ' ')
		d, err := time.ParseDuration(strings.TrimSpace(line[at+1:]) + "ns")
		if err != nil {
			t.Fatal(err)
		}
		sum += d
	}
	if sum != 10*time.Millisecond || !strings.Contains(b.String(), ";odd,name  1000000\n") {
		t.Errorf("%v in all of\n%s", sum, b.String())
	}
}

// TestTraceNests: on the net's track, slices end before the ones around them; on a
// worker's track, slices don't overlap; time never goes back.
func TestTraceNests(t *testing.T) {
	var b bytes.Buffer
	if err := ChromeTrace(&b, sample()); err != nil {
		t.Fatal(err)
	}
	var trace struct{ TraceEvents []event }
	if err := json.Unmarshal(b.Bytes(), &trace); err != nil {
		t.Fatal(err)
	}
	slices, until, open := map[int]int{}, map[int]float64{}, []string{}
	for _, e := range trace.TraceEvents {
		if e.Phase == "M" {
			continue
		}
		if e.Start < until[e.Thread] || e.Thread == netTrack != (e.Phase != "X") {
			t.Errorf("%+v after %g", e, until[e.Thread])
		}
		until[e.Thread] = e.Start + e.Duration
		if e.Phase != "E" {
			slices[e.Thread]++
		}
		switch top := len(open) - 1; {
		case e.Phase == "B":
			open = append(open, e.Name)
		case e.Phase == "E" && (top < 0 || open[top] != e.Name):
			t.Fatalf("%+v ends within %v", e, open)
		case e.Phase == "E":
			open = open[:top]
		}
	}
	if slices[1] != 2 || slices[2] != 1 || slices[netTrack] != 6 || len(open) != 0 {
		t.Errorf("slices by track: %v, open at the end: %v", slices, open)
	}
	p := sample()
	p.Trace = nil
	if err := ChromeTrace(&b, p); err == nil {
		t.Error("a profile without spans made a trace")
	}
}

// TestHTMLStandsAlone: the page refers to no other file, has every section, and
// escapes what comes from the profile.
func TestHTMLStandsAlone(t *testing.T) {
	p := sample()
	p.Model.Weights, p.Layers[0].Kernel = `<script>alert(1)</script>`, `<b>"kernel"`
	p.Memory.Timeline = []profile.MemoryPoint{{Path: "conv1<", Pass: "forward", LiveBytes: 100, SkipBytes: 50}}
	p.Memory.Peak = &profile.MemoryPeak{Path: "conv1<", Pass: "forward", LiveBytes: 100}
	var b bytes.Buffer
	if err := HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if m := regexp.MustCompile(`(?i)(src|href)\s*=|url\(|@import|https?:|<script|<b>`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	for _, want := range []string{"prefers-color-scheme: dark", "Flame graph", "Roofline", "Memory", "Gradient flow", "layer1.0: 0.4 through the skip", "layer3.4.conv2", "&lt;script&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1) {
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("broken SVG: %v", err)
		}
	}
	p.Ceilings, p.Memory, p.Blocks = nil, profile.Memory{}, nil
	b.Reset()
	if err := HTML(&b, p); err != nil || strings.Contains(b.String(), "Roofline") || strings.Contains(b.String(), "<h2>Memory") || strings.Contains(b.String(), "Gradient flow") {
		t.Errorf("without ceilings and plan: %v", err)
	}
}

// TestGradientChart: one mark per value, lines between adjacent ones, nothing for a
// value without a position on a logarithmic axis.
func TestGradientChart(t *testing.T) {
	svg := string(gradientsSVG(sample()))
	for what, want := range map[string]int{
		`class="dot skip"`: 2, `class="dot branch"`: 2, `class="dot whole"`: 3, "<polyline": 2, `class="stage"`: 1, ">layer1<": 1, ">layer3<": 1, ">0.01<": 1, ">1<": 1,
	} {
		if n := strings.Count(svg, what); n != want {
			t.Errorf("%d of %s, want %d", n, what, want)
		}
	}
	p := sample()
	p.Blocks = []profile.BlockGrad{{Path: "layer1.0", GradIn: profile.Number(math.NaN())}}
	if svg := gradientsSVG(p); svg != "" {
		t.Errorf("a chart of NaN: %s", svg)
	}
}

// TestLegendsNameWhatIsDrawn: the page of a plain net has no skip in its legends, and
// that of a net with skips has all three curves.
func TestLegendsNameWhatIsDrawn(t *testing.T) {
	p := sample()
	legend := func() string {
		var b bytes.Buffer
		if err := HTML(&b, p); err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(b.String(), "‖∂L/∂x‖ at each block")
		legend, _, _ := strings.Cut(after, "</p>")
		return legend
	}
	if l := legend(); strings.Count(l, `class="key`) != 3 || !strings.Contains(l, "through the skip") {
		t.Errorf("with skips: %s", l)
	}
	for i := range p.Blocks {
		p.Blocks[i].GradSkip = nil
	}
	if l := legend(); strings.Count(l, `class="key`) != 1 || strings.Contains(l, "through the skip") {
		t.Errorf("of a plain net: %s", l)
	}
}
