package app

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

func TestRun(t *testing.T) {
	var h heard
	spec := tiny("cifar_resnet8")
	spec.Step.Paths = 2
	r, err := service(t).Run(t.Context(), spec, RunOptions{Count: "flops"}, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	if r.Mode != ModeTrain || len(r.Blocks) != 3 || len(r.Paths) != 4 || len(r.Labels) != 2 || r.Loss == nil || r.Device.Threads != 1 {
		t.Errorf("mode %s, %d blocks, %d paths, labels %v, loss %v", r.Mode, len(r.Blocks), len(r.Paths), r.Labels, r.Loss)
	}
	if h.stages["weights"] == 0 || h.stages["path lengths"] == 0 || len(h.notices) > 0 {
		t.Errorf("heard of %v, and %q", h.stages, h.notices)
	}
	again, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
	if err != nil || !reflect.DeepEqual(again.Output, r.Output) {
		t.Errorf("the same spec gives another output (%v)", err)
	}
	spec.Seed = new(uint64(2))
	if other, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{}); err != nil || reflect.DeepEqual(other.Output, r.Output) {
		t.Errorf("another seed gives the same output (%v)", err)
	}
}

// TestCountDefaults: every use case counts multiply-adds where no convention is named.
func TestCountDefaults(t *testing.T) {
	v, spec := service(t), tiny("cifar_resnet8")
	reports := map[string]func(count string) (report.Report, error){
		"run": func(c string) (report.Report, error) {
			return v.Run(t.Context(), spec, RunOptions{Count: c}, Listener{})
		},
		"summary": func(c string) (report.Report, error) { return v.Summary(spec, SummaryOptions{Count: c}, Listener{}) },
		"profile": func(c string) (report.Report, error) {
			one := 1
			return v.Profile(t.Context(), spec, ProfileOptions{Count: c, Runs: &one, Warmup: &one}, Listener{})
		},
	}
	for name, of := range reports {
		for _, count := range []string{"", "macs"} {
			rep, err := of(count)
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := report.Write(&text, rep, "text"); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text.String(), "per image: multiply-adds of convolutions") {
				t.Errorf("%s with count %q lacks the total of multiply-adds:\n%s", name, count, text.String())
			}
		}
	}
}

// A net with lesions is reported beside the whole one.
func TestLesionsAreJudged(t *testing.T) {
	spec := Spec{Weights: "builtin:fashion-resnet20", Lesions: []string{"layer1.0=cut-skip"}, Run: Run{Threads: 1}}
	r, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	whole := spec
	whole.Lesions = nil
	w, err := service(t).Run(t.Context(), whole, RunOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	e := r.Effect
	if e != nil && (e.Time == nil || e.Time.SameKernels) {
		t.Errorf("effect on time %v", e.Time)
	}
	if w.Effect != nil || e == nil || e.Images != 10 || e.Correct == nil || !reflect.DeepEqual(e.IntactTop, w.Output.Top) {
		t.Errorf("%+v beside %+v", e, w.Output.Top)
	}
}

// Labels count only for the images that have one.
func TestLesionChange(t *testing.T) {
	before, after := tensor.New(2, 2), tensor.New(2, 2)
	copy(before.Data, []float32{1, 0, 0, 1})
	copy(after.Data, []float32{0, 1, 0, 1})
	if c := LesionChange(before, after, nil); c.Images != 2 || c.Moved != 1 || c.Labels != 0 || c.KL() <= 0 {
		t.Errorf("without labels: %+v", c)
	}
	if c := LesionChange(before, after, []int{0, 1}); c.Labels != 2 || c.WasRight != 2 || c.Right != 1 {
		t.Errorf("with labels: %+v", c)
	}
}

// A net that doesn't fit is no mistake of the input's: the work failed.
func TestTooLarge(t *testing.T) {
	_, err := service(t).Run(t.Context(), Spec{Net: resnet.Config{Depth: 152, Batch: 100_000}}, RunOptions{}, Listener{})
	var memory *tensor.MemoryError
	var input *InputError
	if !errors.As(err, &memory) || errors.As(err, &input) || !strings.Contains(err.Error(), "the largest batch that fits is") {
		t.Errorf("%v", err)
	}
}

func TestEvaluate(t *testing.T) {
	spec := Spec{Net: resnet.Config{Arch: "cifar_resnet8"}, Input: Input{Data: Data{Name: "synthetic:32"}}, Run: Run{Threads: 1}}
	var h heard
	e, err := service(t).Evaluate(t.Context(), spec, h.listener())
	if err != nil || e.Total != 8 || e.Batch != 8 || e.Data != "synthetic:32" || h.stages["images"] == 0 {
		t.Errorf("%+v (%v), heard of %v", e, err, h.stages)
	}
	spec.Input.Data.Name = ""
	_, err = service(t).Evaluate(t.Context(), spec, Listener{})
	refusedFor(t, err, "data is missing")
}

func TestSummary(t *testing.T) {
	v := service(t)
	r, err := v.Summary(Spec{Net: resnet.Config{Depth: 18}}, SummaryOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := r.(*report.Summary); !ok || s.Total.Params != 11_689_512 || s.Total.PeakBytesTrain < s.Total.PeakBytesEval || s.Total.PeakBytesEval == 0 {
		t.Errorf("%+v", r)
	}
	r, err = v.Summary(Spec{}, SummaryOptions{Count: "all"}, Listener{})
	if _, ok := r.(*report.Counts); !ok || err != nil {
		t.Errorf("%T (%v)", r, err)
	}
	_, err = v.Summary(Spec{}, SummaryOptions{Count: "wheels"}, Listener{})
	refusedFor(t, err, "ptflops")
	_, err = v.Summary(Spec{Net: resnet.Config{Depth: 18}, Weights: "builtin:fashion-resnet20"}, SummaryOptions{}, Listener{})
	refusedFor(t, err, "doesn't fit")
}

func TestInfo(t *testing.T) {
	v := service(t)
	v.CacheDir = filepath.Join(t.TempDir(), "cache")
	i, err := v.Info(t.Context(), InfoOptions{}, Listener{})
	if err != nil || i.Version != "test" || i.CPU.Threads < 1 || i.Ceilings == nil || i.Paths.Cache != v.CacheDir || i.Devices[0].ID != "cpu" {
		t.Fatalf("%+v (%v)", i, err)
	}
	again, err := v.Info(t.Context(), InfoOptions{}, Listener{})
	if err != nil || *again.Ceilings != *i.Ceilings {
		t.Errorf("ceilings are not kept: %+v, then %+v (%v)", i.Ceilings, again.Ceilings, err)
	}
	if _, err := os.Stat(v.ceilingsPath()); err != nil {
		t.Error(err)
	}
}
