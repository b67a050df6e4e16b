package tui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// segment is a piece of the header; the least important go first when it gets
// narrow.
type segment struct {
	text  string // "" for a segment that has nothing to say now
	look  look
	rank  int    // 0 stays longest
	joint string // what joins it to the one before, instead of a gap
}

const (
	sparkCells = 8 // of the throughput
	segmentGap = 3
)

// drawHeader draws what runs where, how far it is and how fast. The throughput
// stands on the right; the rest gets the room that it leaves. An error takes the
// whole line.
func (m *Model) drawHeader(c *canvas) {
	r := m.layout.header
	if r.empty() {
		return
	}
	if m.state.Phase == live.Failed {
		x := c.text(1, r.y, r.w, m.about.Model.Name, strong)
		c.text(x+2, r.y, r.w-1, "✗ "+oneLine(m.state.Err), warningLook)
		return
	}
	end := r.w - 1
	series := &m.snap.Wall
	segments := m.segments()
	if series.N > 1 && end >= 100 {
		end -= sparkCells
		c.sparkline(end, r.y, sparkCells, series.Recent, true, forwardLook)
		end -= 2
	}
	if rate := m.rateText(); rate != "" {
		end = c.right(end, r.y, rate, strong) - 2
	}
	m.drawSegments(c, fit(segments, end-1), r.y, end)
}

// segments are the pieces of the header in their order.
func (m *Model) segments() []segment {
	input, later := segment{text: m.about.Input, look: muted, rank: 9, joint: " "}, 0
	if m.givenInput() { // images that the user chose matter more than what runs them
		input.text, input.rank, later = shortName(m.about.Input), 6, 1
	}
	return []segment{
		{text: m.about.Model.Name, look: strong, rank: 0},
		{text: variant(m.about.Model.Config), look: plainText, rank: 4, joint: " "},
		{text: m.weightsText(), look: muted, rank: 5, joint: " · "},
		{text: m.machineText(), look: plainText, rank: 6 + later},
		{text: m.workersText(), look: plainText, rank: 7 + later, joint: " "},
		{text: m.about.Precision.String(), look: muted, rank: m.precisionRank(8 + later), joint: " · "},
		{text: m.list.tree.model.Input.String(), look: plainText, rank: 3},
		input,
		{text: m.modeText(), look: muted, rank: 10, joint: " · "},
		{text: m.phaseText(), look: m.phaseLook(), rank: 1},
		{text: m.versionText(), look: muted, rank: 7, joint: " · "},
		{text: m.busyText(), look: warningLook, rank: 2},
	}
}

// precisionRank is that of fp32, which nobody misses; another precision is always named
// where there is room for the net and what it does.
func (m *Model) precisionRank(ofFP32 int) int {
	if m.about.Precision == tensor.FP32 {
		return ofFP32
	}
	return 2
}

// machineText is what the net runs on: the device, and of a recording the machine,
// which may be another than this one.
func (m *Model) machineText() string {
	if m.about.Recorded {
		return m.about.Device.ID + " " + m.about.Device.Name
	}
	return m.about.Device.ID
}

// workersText is what of the device runs: the CPU's threads, or the GPU by its name.
func (m *Model) workersText() string {
	switch i := m.about.Device; {
	case i.Kind.IsCPU():
		return plural(m.threads(), "threads")
	case !m.about.Recorded:
		name, _, _ := strings.Cut(i.Name, " (") // what drivers add to it is in the Device view
		return name
	}
	return "" // machineText has the name
}

// threads are those of the CPU that the net runs on.
func (s *shared) threads() int { return cmp.Or(s.about.Threads, s.about.Device.Cores) }

// versionText is what made a recording.
func (m *Model) versionText() string {
	if m.about.RecordedBy == "" {
		return ""
	}
	return "version " + m.about.RecordedBy
}

// busyText warns of other programs that take processors from the net.
func (m *Model) busyText() string {
	switch {
	case !m.machineBusy():
		return ""
	case m.about.Recorded:
		return "the machine was busy"
	}
	return "the machine is busy"
}

// machineBusy reports whether times are too long because of other programs.
func (s *shared) machineBusy() bool {
	return s.state.Machine.Busy(profile.CPUThreads(s.about.Device.Kind, s.threads()))
}

// givenInput reports whether the images are the user's: others are random.
func (s *shared) givenInput() bool {
	return s.about.Input != "" && !strings.HasPrefix(s.about.Input, "random")
}

// shortName is where images are from without the folders that they are in.
func shortName(input string) string {
	names := strings.Split(input, ", ")
	for i, name := range names {
		names[i] = filepath.Base(name)
	}
	return strings.Join(names, ", ")
}

// modeText says when batch norms use the batch's own statistics.
func (m *Model) modeText() string {
	if m.program != nil && m.program.Train {
		return "batch statistics"
	}
	return ""
}

// variant names what the name of a net leaves open.
func variant(c resnet.Config) string {
	if c.Family == resnet.ImageNet && !c.Keras {
		return c.Variant.String()
	}
	return ""
}

// weightsText says where the weights are from.
func (m *Model) weightsText() string {
	if m.about.Weights != "" {
		return m.about.Weights
	}
	switch {
	case m.program == nil:
		return "random"
	case m.program.Calibrated:
		return "random, calibrated"
	}
	return "random, not calibrated"
}

// phaseTexts are the phases as the user reads them. Their marks differ by shape, for
// terminals without colour.
var phaseTexts = map[live.Phase]struct{ mark, name string }{
	live.Preparing:  {"◌ ", "preparing"},
	live.Compiling:  {"◌ ", "compiling"},
	live.Paused:     {"‖ ", "paused"},
	live.Running:    {"● ", "forward"},
	live.Stepping:   {"→ ", "step"},
	live.Tracing:    {"", "path lengths"},
	live.Measuring:  {"◌ ", "measuring the ceilings"},
	live.Diagnosing: {"◌ ", "diagnosing"},
	live.Resembling: {"◌ ", "similarity"},
	live.Failed:     {"", "stopped"},
}

// phaseText is what the engine is at, with its progress where it is known.
func (m *Model) phaseText() string {
	s := m.state
	if m.about.Recorded {
		return recordedText(m.about.RecordedAt)
	}
	text := phaseTexts[s.Phase].mark
	switch p := s.Progress; {
	case s.Phase == live.Preparing && p.Total > 0, s.Phase == live.Compiling && p.Done < p.Total:
		part := float64(p.Done) / float64(p.Total)
		return text + fmt.Sprintf("%s %s %3.0f %%", p.Stage, profile.ProgressBar(part, 10), 100*part)
	case s.Phase == live.Stepping && s.Step != nil:
		return text + fmt.Sprintf("step %d/%d", s.Step.Ordinal, s.Step.Count)
	}
	text += phaseTexts[s.Phase].name
	if s.Phase == live.Running && s.Actual.Backward {
		text += " + backward"
	}
	if m.program != nil && !m.program.Fused && s.Phase == live.Running {
		text += " unfused"
	}
	return text
}

// recordedText says when a profile was recorded, if that is known.
func recordedText(at time.Time) string {
	if at.IsZero() {
		return "recorded"
	}
	return "recorded " + at.Local().Format("2006-01-02 15:04")
}

// phaseLook marks that passes run.
func (m *Model) phaseLook() look {
	if m.state.Phase == live.Running {
		return forwardLook
	}
	return strong
}

// rateText is the throughput, with how well it is known.
func (m *Model) rateText() string {
	rate := 0.0
	if m.snap.Statistic() != profile.Newest {
		rate = throughput(m.snap.TimeOf(&m.snap.Wall), m.batch())
	}
	if rate <= 0 || m.program == nil {
		return ""
	}
	text := perSecond(rate) + " img/s"
	if s := m.snap.ErrorOf(&m.snap.Wall); s > 0 && m.w >= 80 {
		text += fmt.Sprintf(" ±%.1f %%", 100*s)
	}
	return text
}

// fit keeps the segments that have room in w cells: it leaves out one rank after the
// other, the least important first, until the rest fits. Rank 0 is always kept, and cut
// if need be.
func fit(segments []segment, w int) []segment {
	for drop := len(segments); drop >= 0; drop-- {
		var kept []segment
		used := 0
		for _, s := range segments {
			if s.text == "" || s.rank > drop {
				continue
			}
			if s.joint == "" && len(kept) > 0 {
				used += segmentGap
			}
			used += width(s.joint) + width(s.text)
			kept = append(kept, s)
		}
		if used <= w || drop == 0 {
			return kept
		}
	}
	return nil
}

// drawSegments writes segments from the left, with gaps or what joins them.
func (m *Model) drawSegments(c *canvas, segments []segment, y, end int) {
	x := 1
	for i, s := range segments {
		switch {
		case s.joint != "":
			x = c.text(x, y, end, s.joint, muted)
		case i > 0:
			x += segmentGap
		}
		x = c.text(x, y, end, s.text, s.look)
	}
}
