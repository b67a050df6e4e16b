package report

import (
	"bytes"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// TestTextTables prints the tables that only the text of a report has, with
// rows made by hand: with all values, with none, with NaN.
func TestTextTables(t *testing.T) {
	compare := someCompare()
	compare.A.Model, compare.A.Loss = someNet, known(Number(2.25))
	compare.A.Memory.PredictedBytes, compare.A.Model.Lesions = 1<<21, []string{"layer1.0=cut-skip"}
	compare.Times.A = PassTimes{ForwardMS: 4, BackwardMS: 8, Runs: 50}
	compare.Responses = []ResponsePair{
		{"conv1", known(Number(1)), known(Number(0.125))},
		{"layer1.0.conv1", known(Number(nan)), nil},
		{"layer1.0.conv2", nil, known(Number(0))},
	}
	blocks := compare.A.Blocks
	paths := somePaths()
	summary := &Summary{}
	for name, table := range map[string]Tabular{
		"costs":     compare.costs(),
		"responses": compare.responses(),
		"blocks":    blockTable(append(blocks, BlockGrad{}), axisOf([]float64{0.01, 1})),
		"paths":     pathTable(paths),
		"guesses":   guessTable([]Guess{{3, "cat", 0.75}, {1000, "", 0}, {0, "tench", Number(nan)}}),
		"curves": curveTable([]curve{
			{train.Run{Model: "cifar_resnet8", Seed: 1}, []float64{4, 2, 1, 0.5, 0}},
			{train.Run{Model: "cifar_plain8", Seed: 2}, nil},
			{train.Run{}, []float64{nan}},
		}, 4),
		"outcomes": outcomeTable([]train.Outcome{
			{
				Model: "cifar_resnet8", TrainLoss: train.SeedStats{N: 2, Mean: 0.5, Min: 0.25, Max: 0.75},
				TrainError: train.SeedStats{N: 1, Mean: 0.25},
				TestLoss:   train.SeedStats{N: 2, Mean: nan, Min: nan, Max: 1},
			},
			{},
		}),
		"ratios": ratioTable([]train.Ratio{{A: "cifar_plain8", B: "cifar_resnet8",
			Ratio: train.SeedStats{N: 2, Mean: 1.5, Min: 1, Max: 2}}, {}}),
		"module tree":        summary.moduleTable(someModules()),
		"time tree":          Profile{Profile: &profile.Profile{Total: profile.Total{TypicalMS: 4}}}.timeTable(someTimes()),
		"time tree of means": Profile{Profile: &profile.Profile{}}.timeTable(someTimes()[:1]),
		"empty table":        blockTable(nil, axisOf(nil)),
		"no path rows":       pathTable(nil),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := table.Text(&b); err != nil {
				t.Fatal(err)
			}
			golden.RequireEqual(t, b.Bytes())
		})
	}
}

// somePaths returns gradients by path length: with more lengths than text shows,
// with fewer and a rest, and of a gradient that is 0.
func somePaths() []PathRow {
	long := PathRow{Block: "input", Rest: 0.5, Gradient: 1, SumError: 2e-7}
	for i := range pathColumns + 2 {
		long.Branches = append(long.Branches, Number(float64(i)/16))
	}
	return []PathRow{
		long,
		{Block: "layer3.0", Branches: []Number{0.25, 0.125}, Rest: 0.125, Gradient: 0.5},
		{Block: "layer3.1", Branches: []Number{0}, Gradient: 0, SumError: Number(nan)},
	}
}

func someModules() []moduleRow {
	return []moduleRow{
		{
			name: "  conv1", kind: "Conv2d", geometry: "3×3, 3→16", out: tensor.Shape{1, 16, 32, 32}, field: 3,
			stride: 1,
			cost:   nn.Cost{Params: 432, MACs: 442_368, ActivationBytes: 65_536},
		},
		{},
	}
}

func someTimes() []timeRow {
	return []timeRow{
		{
			name: "  conv1 bn1 relu", out: plain("16×32×32"), params: 464, macs: 442_368, timeMS: 1.25,
			share: 0.25, gflops: 1.2,
			bound: profile.BoundCompute, roof: share(0.5), kernel: "direct",
		},
		{name: "overhead", roof: missing, share: nan},
	}
}
