package live

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// without is a source whose parameter of a name is 0.
type without struct {
	tensor.Source
	name string
}

func (s without) Load(p tensor.Param, t *tensor.Tensor) error {
	if p.Name == s.name {
		clear(t.Data)
		return nil
	}
	return s.Source.Load(p, t)
}

// TestDiagnose: what is wrong with the net is found beside its passes, and a net in order
// has nothing wrong; other lesions make another net of it.
func TestDiagnose(t *testing.T) {
	_, b := looker(t)
	o := Of(b, "")
	e := start(t, o)
	e.Send(Diagnose{})
	s := await(t, e, "a diagnosis", func(s *State) bool { return s.Findings != nil })
	for _, f := range s.Findings.List {
		if f.Severity > 0 {
			t.Errorf("a fresh net: %s: %s", f.Path, f.Message)
		}
	}
	if len(s.Findings.Tried) < 10 || s.Findings.Batch != noiseImages || !s.Findings.Noise {
		t.Errorf("%+v", s.Findings)
	}
	e.Send(SetHistograms{true})
	if s = await(t, e, "histograms", func(s *State) bool { return s.Values != nil }); s.Findings == nil {
		t.Error("histograms forget the findings")
	}
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer2.0", Kind: nn.DropBranch}}})
	await(t, e, "another net", func(s *State) bool { return len(s.Actual.Lesions) == 1 && s.Findings == nil })
	e.Close()

	o.Session.Source = without{b.Model().Initial(1), "layer2.0.conv1.weight"}
	o.Prove = func(args []string) string { return "prove " + strings.Join(args, " ") }
	e = start(t, o)
	e.Send(Diagnose{})
	s = await(t, e, "a fault", func(s *State) bool { return s.Findings != nil })
	i := slices.IndexFunc(s.Findings.List, func(f Finding) bool { return f.Rule == "zero-weights" })
	if i < 0 {
		t.Fatalf("no zero-weights in %+v", s.Findings.List)
	}
	f := s.Findings.List[i]
	if f.Path != "layer2.0.conv1.weight" || !strings.HasPrefix(f.Command, "prove inspect stats") || !strings.HasSuffix(f.Command, "--batch 4") {
		t.Errorf("%+v", f)
	}
}

// TestDiagnosisThatDoesNotFit is said, and the net runs on.
func TestDiagnosisThatDoesNotFit(t *testing.T) {
	o := small(t, fake(nil))
	o.MemoryLimit = 150 << 20
	e := start(t, o)
	e.Send(Diagnose{})
	s := await(t, e, "a notice", func(s *State) bool { return s.Notices > 0 })
	if !strings.Contains(s.Notice, "diagnosis: it takes") || s.Findings != nil {
		t.Errorf("notice %q", s.Notice)
	}
	await(t, e, "more passes", ran(s.Program.Recorder.Passes()+2))
}
