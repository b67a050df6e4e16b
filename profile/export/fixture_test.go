package export

import (
	"bytes"
	"compress/gzip"
	"math"
	"testing"
	"time"

	pprof "github.com/google/pprof/profile"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// sample returns the profile of a training step of a small net: two blocks and a stem, two
// passes, two samples per row.
func sample() *profile.Profile {
	p := &profile.Profile{
		Schema: profile.Schema, Version: "1.2.3", Recorded: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Model:  profile.Model{Arch: "resnet50", Family: "imagenet", Depth: 50, Classes: 1000, Params: 1000, MACs: 3500, Weights: "random"},
		Device: profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "avx2", Precision: "fp32"},
		Input:  profile.Input{Shape: tensor.Shape{2, 3, 8, 8}, Source: "random, seed 1"},
		Mode:   "eval", Fused: true, Runs: 2,
		Total:  profile.Total{TypicalMS: 8, TypicalError: 0.02, OverheadTypicalMS: 0.4, MeanMS: 10, P50MS: 10, P95MS: 10.9, MinMS: 9, CV: 0.1, ImagesPerS: 200, OverheadMS: 0.5, GFLOPS: 1, SamplesMS: []float64{9, 11}},
		Memory: profile.Memory{PredictedBytes: 4096, ArenaBytes: 2048, WeightBytes: 1024},
	}
	for _, r := range []profile.LayerRow{
		{Path: "conv1", Kind: "Conv2d", Pass: "forward", Part: "trunk", Absorbed: []string{"bn1", "relu"}, MeanMS: 1, MACs: 500, Kernel: "avx2 6×16 s2"},
		{Path: "layer1.0.conv1", Kind: "Conv2d", Pass: "forward", Part: "branch", MeanMS: 2, MACs: 1000, Kernel: "winograd F(4,3) avx2"},
		{Path: "layer1.0.downsample.0", Kind: "Conv2d", Pass: "forward", Part: "skip", MeanMS: 0.5, MACs: 500, Kernel: "avx2 6×16 s1"},
		{Path: "layer3.4.conv2", Kind: "Conv2d", Pass: "forward", Part: "branch", MeanMS: 1.25, MACs: 1000, Kernel: "winograd F(4,3) avx2"},
		{Path: "fc", Kind: "Linear", Pass: "forward", Part: "trunk", MeanMS: 0.25, MACs: 500, Kernel: "linear 1×4"},
		{Path: "layer3.4.conv2", Kind: "Conv2d", Pass: "backward", Part: "branch", MeanMS: 4, MACs: 2000, Kernel: "weight gradient avx2"},
		{Path: "layer3.4.conv2", Kind: "Conv2d", Pass: "update", Part: "branch", MeanMS: 0.5, Kernel: "sgd"},
	} {
		r.OutShape, r.Bytes, r.ExecutedFLOPs = tensor.Shape{2, 4, 8, 8}, 2048, 4*r.MACs
		r.TypicalMS = r.MeanMS * 0.8
		r.P50MS, r.P95MS, r.MinMS = r.MeanMS, r.MeanMS*1.1, r.MeanMS*0.9
		r.Share = profile.Number(r.MeanMS / 10)
		r.Intensity = profile.Number(float64(r.ExecutedFLOPs) / 2048)
		r.SamplesMS = []float64{r.MeanMS * 0.9, r.MeanMS * 1.1}
		p.Layers = append(p.Layers, r)
	}
	p.Loss = new(profile.Number(2.5))
	p.Blocks = profile.BlockGrads([]nn.BlockGradient{
		{Path: "layer1.0", Out: 0.04, In: 0.5, Skip: 0.4, Branch: 0.1, Cosine: 0.25, HasSkip: true, HasBranch: true},
		{Path: "layer1.1", Out: 0.03, In: 0.04, Branch: 0.04, Cosine: math.NaN(), HasBranch: true},
		{Path: "layer3.4", Out: 0.02, In: 0.03, Skip: 0.03, Branch: 0, Cosine: math.NaN(), HasSkip: true, HasBranch: true},
	})
	p.SetCeilings(profile.Ceilings{GFLOPS: 0.01, GBPS: 0.01})
	p.Trace = &profile.Trace{Passes: []profile.TracedPass{{Wall: 3 * time.Millisecond, Spans: []profile.TraceSpan{
		{Row: 0, Worker: 0, Start: 0, End: time.Millisecond}, {Row: 0, Worker: 1, Start: 100, End: 900 * time.Microsecond},
		{Row: 1, Worker: 0, Start: time.Millisecond, End: 2 * time.Millisecond},
	}}}}
	return p
}

// packed returns raw, compressed by gzip.
func packed(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// emptyPProf returns a profile without samples, as another tool writes it.
func emptyPProf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&pprof.Profile{SampleType: []*pprof.ValueType{{Type: "time", Unit: "ns"}}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
