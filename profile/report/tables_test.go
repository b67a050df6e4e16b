package report

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

var (
	nan    = math.NaN()
	lost   = Number(nan)
	oneCPU = profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "fake", Precision: "fp32"}
	oneGPU = profile.Device{
		ID: "vulkan:1", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Driver: "Abacus 550.1", Kernels: "spir-v",
		Precision: "bf16",
	}
	tinyNet = resnet.Config{Arch: "cifar_resnet8"}
	someNet = profile.Model{Arch: "cifar_resnet8", Weights: "random, seed 1", Params: 75290, MACs: 12_486_272}
)

// The goldens hold local times.
func init() { time.Local = time.UTC }

// someDiagnosis has a finding with all values, and one with none.
func someDiagnosis() *Diagnosis {
	return &Diagnosis{Model: someNet, Input: RunInput{Shape: tensor.Shape{4, 3, 32, 32}, Source: "random, seed 1"},
		Rules: []string{"stale-statistics", "dead-layer"}, Findings: []Finding{{
			Rule: "stale-statistics", Severity: "error", Path: "layer2.0.bn1", Message: "the batch is 7 nats | off",
			Evidence: Figures{"divergence": Number(7.123), "nan": Number(nan), "channels": []int{3, 5}},
			Proof:    "resnet-tui inspect stats --at layer2.0.bn1", Also: []string{"bn1"}, Strength: 1.4,
		}, {}}}
}

// TestDiagnosisText: a finding has its figures and its proof.
func TestDiagnosisText(t *testing.T) {
	golden.RequireEqual(t, write(t, someDiagnosis(), "text"))
}

// TestTables prints the table of every report in all three formats. The rows are
// made by hand: one with all values, one with none, and one with NaN.
func TestTables(t *testing.T) {
	for name, r := range map[string]Report{
		"checks":  someChecks(),
		"compare": someCompare(),
		"counts": &Counts{Model: someNet,
			Counts: []CountRow{{"macs", 12_486_272, "multiply-adds | of convolutions"}, {}}},
		"diagnosis": someDiagnosis(),
		"diff":      someDiff(),
		"eval": &Eval{Model: someNet, Data: "cifar10:test.bin", Total: 846, Correct: 776,
			Accuracy: 0.917, Top5: 840, Loss: 0.3, Seconds: 2},
		"eval empty": &Eval{Loss: Number(nan)},
		"explain":    someExplain(),
		"field":      someUnitField(),
		"history":    someHistory(),
		"info": &Info{Version: "1.2.3",
			CPU: CPU{Model: "Abacus", Threads: 2, Features: []string{"AVX2", "FMA"}, Kernels: "avx2",
				Why: "it has AVX2"}},
		"excite":        someExcite(),
		"similarity":    someSimilarity(),
		"maps":          someMaps(),
		"stats":         someStats(),
		"profile":       Profile{Profile: &profile.Profile{Layers: someLayers(), Total: profile.Total{TypicalMS: 4}}},
		"profile means": Profile{Profile: &profile.Profile{Layers: someLayers()[:1]}},
		"run":           &Run{Layers: someRunLayers()},
		"run backward":  &Run{Layers: someRunLayers(), ParamsGrad: []ParamGrad{{"conv1.weight", 1}}},
		"summary":       &Summary{Layers: someSummaryLayers()},
		"sweep":         someSweep(),
		"train":         someTrain(),
		"train history": NewTrainHistory("history.jsonl", someShortTracks()),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			for _, print := range []func() error{
				func() error { return r.Table().Text(&b) },
				func() error { return r.Table().Markdown(&b) },
				func() error { return r.Table().CSV(&b) },
			} {
				if err := print(); err != nil {
					t.Fatal(err)
				}
				b.WriteString("\n")
			}
			golden.RequireEqual(t, b.Bytes())
		})
	}
}

// TestTexts prints what text has besides the tables.
func TestTexts(t *testing.T) {
	quiet := someDiff()
	quiet.AboutA.Recordings, quiet.AboutB.Recordings, quiet.All, quiet.TurnAbout = 3, 3, true, false
	quiet.AboutB.Version, quiet.Total.DiffTest = "1", profile.DiffTest{}
	single := someDiff()
	single.AboutA.Processes, single.AboutB.Processes, single.TurnAbout = 1, 1, false
	single.Total.DiffTest = profile.DiffTest{PValue: known(0.001), InPair: true}
	single.Layers[0].DiffTest = profile.DiffTest{PValue: known(0.001), InPair: true}
	devices := someDiff()
	devices.AboutB.Device, devices.OtherDevice, devices.TurnAbout = oneGPU, true, false
	pair := single
	pair.Diff = new(profile.Diff)
	*pair.Diff = *single.Diff
	pair.AboutB.Device, pair.OtherDevice = oneGPU, true
	gpus := someSweep()
	gpus.Device = oneGPU
	for i := range gpus.Rows {
		gpus.Rows[i].Threads = 0
	}
	for name, r := range map[string]Report{
		"checks": someChecks(), "diff": someDiff(), "diff apart": quiet, "diff single": single, "sweep": someSweep(),
		"diff devices": devices, "diff single devices": pair, "sweep GPU": gpus,
		"history":       someHistory(),
		"history empty": &History{Path: "/s/history.jsonl"},
	} {
		t.Run(name, func(t *testing.T) { golden.RequireEqual(t, write(t, r, "text")) })
	}
}

func someChecks() Checks {
	return Checks{&profile.Checks{Checks: []profile.Check{
		{Name: "max-params", Limit: 100_000, Value: 75290, OK: true},
		{Name: "max-memory", Limit: 1 << 20, Value: 1 << 21, Blame: "fc"},
		{Name: "max-ms", Limit: 0, Value: 12.5, Blame: "conv1"},
		{Name: "baseline", Limit: 10, Value: 12.5, Blame: "conv1", Verdict: profile.VerdictSlower,
			PValue: known(0.00002)},
		{Name: "baseline", Limit: 10, Value: 12.5, Verdict: profile.VerdictInconclusive, Reason: "of noise"},
		{Name: "against", Limit: 10.5, Value: 10, OK: true, Verdict: profile.VerdictNotSlower, Processes: 6,
			Seconds: 12, Interval: &[2]float64{0.98, 1.02}, Slower: []string{"fc"}, PValue: known(0.5)},
	}}}
}

func someCompare() *Compare {
	full := BlockGrad{
		Path: "layer1.0", GradOut: 0.5, GradIn: 0.75, GradSkip: known(Number(0.5)), GradBranch: known(Number(0.25)),
		Cosine: known(Number(-0.125)), Ratio: known(Number(0.5)),
	}
	plain := BlockGrad{Path: "layer1.0", GradOut: 0.001, GradIn: 0.002, GradBranch: known(Number(0.002))}
	lost := BlockGrad{Path: "layer2.0", GradOut: Number(nan), GradIn: Number(nan), GradSkip: known(Number(nan))}
	return &Compare{
		A: &Run{Blocks: []BlockGrad{full, lost}}, B: &Run{Blocks: []BlockGrad{plain, {}}},
		Blocks: []BlockPair{
			{Path: "layer1.0", A: &full, B: &plain}, {Path: "layer2.0", A: &lost}, {Path: "layer3.0", B: &BlockGrad{}},
		},
	}
}

func someDiff() Diff {
	side := profile.DiffSide{
		Version: "1", Model: "cifar_resnet8", Device: oneCPU, Input: profile.Input{Shape: tensor.Shape{2, 3, 32, 32}},
		Mode: "eval", Fused: true, Runs: 50, Recordings: 1, Processes: 6,
	}
	test := func(p, adjusted float64, significant bool) profile.DiffTest {
		return profile.DiffTest{
			PValue: known(p), PAdjusted: known(adjusted), Interval: &[2]float64{0.4, 1.02}, Significant: significant,
		}
	}
	newer := side
	newer.Version = "2"
	return Diff{Diff: &profile.Diff{
		TurnAbout: true, A: "a.json", B: "b.json", AboutA: side, AboutB: newer,
		Total: profile.DiffTotal{AMS: 5, BMS: 4, DeltaMS: -1, DiffTest: test(0.0004, 0.0012, true)},
		Layers: []profile.DiffRow{
			{
				Path: "conv1", Pass: "forward", AMS: known(2.0), BMS: known(1.0), DeltaMS: known(-1.0),
				DiffTest: test(0.0004, 0.0012, true), AKernel: "direct", BKernel: "winograd",
			},
			{Path: "relu", Call: 1, Pass: "forward", AMS: known(0.0), BMS: known(0.25), DeltaMS: known(0.25),
				DiffTest: test(0.5, 0.5, false), AKernel: "relu", BKernel: "relu"},
			{Path: "fc", Pass: "forward", AMS: known(1.0), BMS: known(1.0), DeltaMS: known(0.0)},
		},
		OnlyA: []profile.DiffRow{{Path: "bn1", Pass: "forward", AMS: known(0.5), AKernel: "norm"}},
		OnlyB: []profile.DiffRow{{Path: "pad", Pass: "backward", BMS: known(0.5), BKernel: "pad"}},
	}}
}

func someHistory() *History {
	entry := func(day int, p50 float64) profile.HistoryEntry {
		return profile.HistoryEntry{Profile: profile.Profile{
			Recorded: time.Date(2026, 3, day, 12, 30, 0, 0, time.Local), Version: "1", Model: someNet, Device: oneCPU,
			Input: profile.Input{Shape: tensor.Shape{2, 3, 32, 32}}, Mode: "eval", Fused: true, Runs: 50,
			Total:  profile.Total{TypicalMS: p50 + 0.25, TypicalError: 0.01, P50MS: p50, MeanMS: p50 + 0.5, CV: 0.03, ImagesPerS: Number(2000 / p50)},
			Memory: profile.Memory{PredictedBytes: 1 << 21},
		}}
	}
	empty := profile.HistoryEntry{Profile: profile.Profile{Recorded: time.Date(2026, 3, 3, 0, 0, 0, 0, time.Local)}}
	return &History{Path: "/s/history.jsonl", Older: 2,
		Entries: []profile.HistoryEntry{entry(1, 4), entry(2, 2), empty}}
}

func someLayers() []profile.LayerRow {
	return []profile.LayerRow{
		{
			Path: "conv1", Kind: "Conv2d", Pass: "forward", Absorbed: []string{"bn1", "relu"},
			OutShape: tensor.Shape{2, 16, 32, 32}, Params: 464, MACs: 442_368,
			TypicalMS: 1.25, TypicalError: 0.015, MeanMS: 1.5, P50MS: 1.25, P95MS: 2, MinMS: 1, CV: 0.05, Share: 0.3, CPUMS: 2.5, GFLOPS: 1.2,
			GBPS: 0.5, ExecutedFLOPs: 885_000, Bytes: 300_000,
			Intensity: 2.95, Bound: profile.BoundCompute, Roof: 0.6, Kernel: "direct",
		},
		{Path: "layer1.0.relu", Call: 1, Kind: "ReLU", Pass: "backward", OutShape: tensor.Shape{2, 16, 32, 32}},
		{Path: "fc", Kind: "Linear", Pass: "forward", OutShape: tensor.Shape{2, 10}, MeanMS: nan, P50MS: nan,
			CV: lost, Share: lost, GFLOPS: lost, GBPS: lost, Bound: profile.BoundMemory, Roof: lost},
	}
}

func someRunLayers() []RunLayer {
	return []RunLayer{
		{
			Path: "conv1", Kind: "Conv2d", InShape: tensor.Shape{2, 3, 32, 32},
			OutShape: tensor.Shape{2, 16, 32, 32}, Params: 432, MACs: 442_368,
			Mean: known(Number(-0.5)), Std: known(Number(2)), TimeNS: known(int64(1_250_000)),
			BackNS: known(int64(2_500_000)), Kernel: "direct",
		},
		{Path: "bn1", Call: 1, Kind: "BatchNorm2d", InShape: tensor.Shape{2, 16, 32, 32},
			OutShape: tensor.Shape{2, 16, 32, 32}, FusedInto: "conv1"},
		{Path: "fc", Kind: "Linear", InShape: tensor.Shape{2, 64}, OutShape: tensor.Shape{2, 10},
			Mean: known(Number(nan)), Std: known(Number(0)), TimeNS: known(int64(0))},
	}
}

func someSummaryLayers() []SummaryLayer {
	return []SummaryLayer{
		{
			Path: "conv1", Kind: "Conv2d", Part: "trunk", Geometry: "3×3, 3→16",
			InShape: tensor.Shape{1, 3, 32, 32}, OutShape: tensor.Shape{1, 16, 32, 32},
			Params: 432, Buffers: 32, MACs: 442_368, FLOPs: 884_736, Operations: 900_000, ReadBytes: 14_016,
			WriteBytes: 65_536, ActivationBytes: 65_536,
			ReceptiveField: 3, Stride: 1,
		},
		{Path: "relu", Call: 1, Kind: "ReLU", InShape: tensor.Shape{1, 16, 32, 32},
			OutShape: tensor.Shape{1, 16, 32, 32}},
	}
}

func someSweep() Sweep {
	return Sweep{&profile.Sweep{Model: someNet, Device: oneCPU, Rows: []profile.SweepRow{
		{
			Batch: 1, Size: profile.Pixel{Height: 32, Width: 32}, Threads: 2, PredictedBytes: 1 << 20, Knee: true,
			Total: profile.Total{TypicalMS: 1.125, TypicalError: 0.02, OverheadTypicalMS: 0.03125, P50MS: 1, P95MS: 2, MeanMS: 1.25, MinMS: 0.5, CV: 0.1, ImagesPerS: 1000,
				OverheadMS: 0.0625, GFLOPS: 25},
		},
		{Batch: 2, Size: profile.Pixel{Height: 32, Width: 64}, Threads: 2,
			Total: profile.Total{ImagesPerS: 500, CV: lost}},
		{},
	}}}
}

func someTrain() *Train {
	return &Train{Runs: []TrainRun{
		{
			Model: someNet, Seed: 1, Epochs: 2, Steps: 100, Seconds: 12.5, Checkpoint: "/c/1.safetensors",
			Final: &train.EpochRecord{TrainLoss: 0.5, TrainError: 0.125, TestLoss: known(0.75),
				TestError: known(0.25)},
		},
		{Model: someNet, Seed: 2, Final: &train.EpochRecord{TrainLoss: nan, TrainError: 1}},
		{},
	}}
}

func someShortTracks() []*train.Track {
	run := train.Run{Model: "cifar_resnet8", Seed: 1}
	return []*train.Track{{Run: run, Epochs: []train.EpochRecord{
		{Run: run, Epoch: 1, Step: 50, TrainLoss: 0.5, TrainError: 0.125, TestLoss: known(0.75),
			TestError: known(0.25)},
		{Run: run, Epoch: 2, Step: 100, TrainLoss: nan, TrainError: 0},
	}}}
}
