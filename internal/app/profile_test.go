package app

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/profile"
)

func TestProfileIsKept(t *testing.T) {
	v, spec := service(t), tiny("cifar_resnet8")
	spec.Step.Update, spec.Run.Exact = true, true
	var h heard
	o := ProfileOptions{Runs: new(3), Warmup: new(1), Trace: 1}
	p, err := v.Profile(t.Context(), spec, o, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	if p.Runs != 3 || p.Warmup != 1 || p.Version != "test" || p.Trace == nil || len(p.Blocks) != 3 || p.Mode != ModeTrain || p.CPUProfile != nil {
		t.Errorf("%+v", p.Profile.Profile)
	}
	if !p.Exact {
		t.Error("the profile doesn't say that the net ran without Winograd")
	}
	if p.Ceilings == nil || !p.Ceilings.Measured || h.stages["passes"] != 3 {
		t.Errorf("ceilings %+v, heard of %v", p.Ceilings, h.stages)
	}
	o.NoHistory = true
	if _, err := v.Profile(t.Context(), spec, o, Listener{}); err != nil {
		t.Fatal(err)
	}
	past, err := v.History(HistoryOptions{Net: "resnet8"}, Listener{})
	if err != nil || len(past.Entries) != 1 || past.Entries[0].Model.Arch != "cifar_resnet8" ||
		!strings.Contains(past.Entries[0].Settings(), "exact") {
		t.Errorf("history %+v (%v)", past, err)
	}
	if past, err := v.History(HistoryOptions{Net: "vgg"}, Listener{}); err != nil || len(past.Entries) != 0 {
		t.Errorf("history of another net %+v (%v)", past, err)
	}
}

// The last entries are the newest; a folder that isn't known is an error, but not
// the input's.
func TestHistoryOfNothing(t *testing.T) {
	_, err := Service{}.History(HistoryOptions{}, Listener{})
	var input *InputError
	if err == nil || errors.As(err, &input) {
		t.Errorf("%v", err)
	}
}

func TestSweep(t *testing.T) {
	var h heard
	o := SweepOptions{Batches: []int{1, 2}, Sizes: []Size{{8, 8}, {8, 16}}, Threads: []int{1}}
	s, err := service(t).Sweep(t.Context(), tiny("cifar_resnet8"), o, ProfileOptions{Runs: new(1), Warmup: new(0), NoHistory: true}, h.listener())
	if err != nil || len(s.Rows) != 4 || h.stages["profiles"] != 4 {
		t.Fatalf("%+v (%v)", s, err)
	}
	for i, want := range []profile.SweepRow{
		{Batch: 1, Size: profile.Pixel{Height: 8, Width: 8}}, {Batch: 2, Size: profile.Pixel{Height: 8, Width: 8}},
		{Batch: 1, Size: profile.Pixel{Height: 8, Width: 16}}, {Batch: 2, Size: profile.Pixel{Height: 8, Width: 16}},
	} {
		if got := s.Rows[i]; got.Batch != want.Batch || got.Size != want.Size || got.Threads != 1 {
			t.Errorf("row %d is %+v, want %+v", i, got, want)
		}
	}
	_, err = service(t).Sweep(t.Context(), Spec{}, SweepOptions{Batches: make([]int, MaxSweep+1)}, ProfileOptions{}, Listener{})
	refusedFor(t, err, "1000 at most")
}

// A limit that doesn't hold is reported, and is an error of its own.
func TestCheck(t *testing.T) {
	v := service(t)
	r, err := v.Check(t.Context(), tiny("cifar_resnet8"), CheckOptions{MaxParams: new(1e6), MaxMACs: new(1e3), MaxMemory: new(1e9)}, Listener{})
	var broken *BrokenError
	var input *InputError
	if !errors.As(err, &broken) || errors.As(err, &input) || r == nil || r.OK || len(r.Checks.Checks) != 3 {
		t.Fatalf("%+v (%v)", r, err)
	}
	if !r.Checks.Checks[0].OK || r.Checks.Checks[1].OK || r.Checks.Checks[1].Blame == "" || !strings.Contains(err.Error(), "max-macs") {
		t.Errorf("%+v: %v", r.Checks.Checks, err)
	}
	_, err = v.Check(t.Context(), tiny("cifar_resnet8"), CheckOptions{}, Listener{})
	refusedFor(t, err, "nothing to check")

	base := recorded(t, v, "cifar_resnet8", 1000)
	slow := CheckOptions{Baseline: base, MaxMS: new(1e6), Runs: new(3), Warmup: new(0)}
	if r, err := v.Check(t.Context(), tiny("cifar_resnet8"), slow, Listener{}); err != nil || !r.OK || len(r.Checks.Checks) != 2 {
		t.Errorf("against a slower baseline: %+v (%v)", r, err)
	}
	slow.Baseline = recorded(t, v, "cifar_resnet8", 1e-3)
	if r, err := v.Check(t.Context(), tiny("cifar_resnet8"), slow, Listener{}); r == nil || !errors.As(err, &broken) {
		t.Errorf("against a faster baseline: %+v (%v)", r, err)
	}
	_, err = v.Check(t.Context(), tiny("cifar_resnet14"), slow, Listener{})
	refusedFor(t, err, "cifar_resnet14")
}

// recorded is the file of a profile whose times are multiplied by a factor.
func recorded(t *testing.T, v Service, arch string, factor float64) string {
	t.Helper()
	p, err := v.Profile(t.Context(), tiny(arch), ProfileOptions{Runs: new(8), Warmup: new(1), NoHistory: true}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ms := range []*float64{&p.Total.TypicalMS, &p.Total.MeanMS, &p.Total.P50MS} {
		*ms *= factor
	}
	for i := range p.Total.SamplesMS {
		p.Total.SamplesMS[i] *= factor
	}
	path := filepath.Join(t.TempDir(), "p.json")
	data, err := json.Marshal(p.Profile.Profile)
	if err == nil {
		err = WriteFile(path, data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDiff(t *testing.T) {
	v := service(t)
	a, b := recorded(t, v, "cifar_resnet8", 1), recorded(t, v, "cifar_resnet8", 1)
	d, err := v.Diff(a, a, Listener{})
	if err != nil || len(d.Layers) == 0 || slices.ContainsFunc(d.Layers, func(r profile.DiffRow) bool { return r.Delta() != 0 }) {
		t.Errorf("%+v (%v)", d, err)
	}
	if d, err = v.Diff(a+","+b, b+","+a, Listener{}); err != nil || d.AboutA.Recordings != 2 {
		t.Errorf("%+v (%v)", d, err)
	}
	_, err = v.Diff(a+","+b, a, Listener{})
	refusedFor(t, err, "")
	_, err = v.Diff(a, filepath.Join(t.TempDir(), "none.json"), Listener{})
	refusedFor(t, err, "none.json")
}

// A recorded profile knows its net, lesions and passes.
func TestRecordedNet(t *testing.T) {
	v, spec := service(t), tiny("cifar_resnet8")
	spec.Lesions, spec.Step.Backward = []string{"layer2.0=drop-branch"}, true
	p, err := v.Profile(t.Context(), spec, ProfileOptions{Runs: new(1), Warmup: new(0), NoHistory: true}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := RecordedNet(p.Profile.Profile)
	if err != nil || m.Name != "cifar_resnet8" || len(m.Lesions) != 1 || m.Lesions[0].String() != spec.Lesions[0] {
		t.Errorf("the net of a recorded profile: %+v (%v)", m, err)
	}
	p.Layers = p.Layers[1:]
	if _, err := RecordedNet(p.Profile.Profile); err == nil {
		t.Error("rows of another net are taken")
	}
}
