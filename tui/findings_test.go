package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// someFindings are one of each severity: of an output, a parameter's gradient, the input.
func someFindings() *live.Findings {
	values := tensor.New(1, 8, 4, 4)
	for i := range values.Data {
		values.Data[i] = max(float32(i%11)-4, 0)
	}
	s := nn.StatisticsOf(values, true, 1)
	dead := diagnose.Finding{
		Rule: "dead-channels", Severity: diagnose.Error, Path: "layer3.0.conv2", Strength: 3,
		Message: "3 of 256 channels are 0 for all images; so in 2 other places", Also: []string{"layer2.0.conv1", "layer4.1"},
		Evidence: map[string]any{"dead": 3, "of": 256, "channels": []int{7, 12, 40}},
		Proof:    []string{"inspect", "stats", "--at", "layer3.0.conv2", "--per-channel"},
	}
	small := diagnose.Finding{
		Rule: "update-ratio", Severity: diagnose.Warning, Path: "layer1.0.conv1.weight", Strength: 2,
		Message: "a step changes it by 1.2e-06 of its size", Evidence: map[string]any{"ratio": 1.2e-6},
		Proof: []string{"inspect", "stats", "--backward"},
	}
	grey := diagnose.Finding{
		Rule: "grey-images", Severity: diagnose.Note, Path: "input", Message: "all 4 images are grey: their channels are the same",
		Evidence: map[string]any{"share": 1.0}, Proof: []string{"run"},
	}
	slow := diagnose.Finding{
		Rule: "slow-layer", Severity: diagnose.Note, Path: "fc", Message: "it takes 20 % of a pass",
		Evidence: map[string]any{"bound": "memory"}, Proof: []string{"profile"},
	}
	f := &live.Findings{Tried: make([]string, 31), Batch: 4, Noise: true}
	for _, found := range []diagnose.Finding{dead, small, grey, slow} {
		f.List = append(f.List, live.Finding{Finding: found, Command: "resnet-tui " + strings.Join(found.Proof, " ")})
	}
	f.List[0].Values = &s
	return f
}

// faulty is a screen of a net that something is wrong with.
func faulty(t testing.TB, w, h int) *Model {
	t.Helper()
	m := screen(t, "resnet18", w, h)
	run(t, m, true, 5)
	m.state.Findings = someFindings()
	press(m, "Findings")
	m.refresh()
	return m
}

func TestFindings(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {120, 30}, {80, 24}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			golden.RequireEqual(t, plain(faulty(t, size[0], size[1])))
		})
	}
}

// TestNothingFound says why the list is empty.
func TestNothingFound(t *testing.T) {
	m := screen(t, "resnet18", 120, 30)
	run(t, m, true, 5)
	press(m, "Findings")
	says := func(want string) {
		t.Helper()
		if s := strings.Join(strings.Fields(plain(m)), " "); !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, plain(m))
		}
	}
	says("not diagnosed yet: r weighs the net")
	press(m, "r")
	if e := m.engine.(*still); !slices.Equal(e.asked, []live.Request{live.Diagnose{}}) {
		t.Errorf("r asks for %v", e.asked)
	}
	m.state.Phase = live.Diagnosing
	says("rules weigh passes in both modes")
	m.state.Phase, m.state.Findings = live.Running, &live.Findings{Tried: make([]string, 31), Batch: 4}
	says("nothing is wrong by the 31 rules that were tried, on 4 images")
	press(m, "enter")
	says("nothing is found: r diagnoses the net")
}

// TestFindingsLeadToRows: enter goes to the row that a finding is about, if it has one.
func TestFindingsLeadToRows(t *testing.T) {
	for i, want := range []string{"layer3.0.conv2", "layer1.0.conv1", "", "fc"} {
		m := faulty(t, 120, 30)
		v := viewOf[*findingsView](m)
		v.moveTo(i)
		press(m, "enter")
		switch {
		case want == "":
			if m.view != v || !strings.Contains(m.notice, "which is no row") {
				t.Errorf("the input: %s, notice %q", m.view.title(), m.notice)
			}
		case m.view != m.layers || !strings.HasPrefix(m.list.selected().Path, want):
			t.Errorf("%s leads to %s in %s", want, titleOf(m.list.selected()), m.view.title())
		}
	}
}

// TestProofs: r shows in another view what the command of a finding prints, has the net run
// and names the command.
func TestProofs(t *testing.T) {
	for i, want := range []struct {
		view, row string
		kind      valueKind
		asks      []live.Request
	}{
		{"Weights", "layer3.0.conv2", outputValues, []live.Request{live.Run{}}},
		{"Weights", "layer1.0.conv1", gradientValues, []live.Request{live.SetBackward{On: true}, live.Run{}}},
		{"See", "", outputValues, []live.Request{live.Run{}}},
		{"Roofline", "fc", outputValues, []live.Request{live.Run{}}},
	} {
		m := faulty(t, 120, 30)
		viewOf[*findingsView](m).moveTo(i)
		press(m, "r")
		if m.view.title() != want.view || !strings.HasPrefix(m.list.selected().Path, want.row) {
			t.Errorf("%d is proved in %s at %s", i, m.view.title(), titleOf(m.list.selected()))
		}
		if !strings.HasPrefix(m.notice, "proof: resnet-tui ") || viewOf[*weightsView](m).kind != want.kind {
			t.Errorf("%d: notice %q, kind %s", i, m.notice, viewOf[*weightsView](m).kind)
		}
		for _, r := range want.asks {
			if !slices.ContainsFunc(m.engine.(*still).asked, func(a live.Request) bool { return fmt.Sprint(a) == fmt.Sprint(r) }) {
				t.Errorf("%d: no %T among %v", i, r, m.engine.(*still).asked)
			}
		}
	}
}
