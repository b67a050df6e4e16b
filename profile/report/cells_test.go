package report

import (
	"math"
	"testing"

	"resnet-tui/tensor"
)

// TestCells: text for people, raw values for programs. What is unknown or doesn't
// apply is a dash for people and empty for programs.
func TestCells(t *testing.T) {
	unknown := Cell{"–", ""}
	for name, c := range map[string]struct{ got, want Cell }{
		"count":                   {count(1_234_567), Cell{"1.23 M", "1234567"}},
		"count of 0":              {count(0), Cell{"–", "0"}},
		"exact":                   {exact(1_234_567), Cell{"1,234,567", "1234567"}},
		"size":                    {size(2_048_000), Cell{"2.05 MB", "2048000"}},
		"size of 0":               {size(0), Cell{"–", "0"}},
		"shape":                   {shape(tensor.Shape{2, 3, 32, 64}), Cell{"2×3×32×64", "2x3x32x64"}},
		"no shape":                {shape(nil), Cell{"", ""}},
		"output per image":        {outputPerImage(tensor.Shape{2, 3, 32, 64}), plain("3×32×64")},
		"output of nothing":       {outputPerImage(nil), Cell{}},
		"milliseconds":            {milliseconds(0.25), Cell{"250 µs", "0.25"}},
		"milliseconds of 0":       {milliseconds(0), Cell{"0 ns", "0"}},
		"optional milliseconds":   {optionalMS(2), Cell{"2.00 ms", "2"}},
		"unknown milliseconds":    {optionalMS(0), unknown},
		"maybe milliseconds":      {maybeMS(known(0.0)), Cell{"0 ns", "0"}},
		"no milliseconds":         {maybeMS(nil), unknown},
		"slower":                  {maybeSigned(known(0.25)), Cell{"+250 µs", "0.25"}},
		"faster":                  {maybeSigned(known(-1.5)), Cell{"-1.50 ms", "-1.5"}},
		"as fast":                 {maybeSigned(known(0.0)), Cell{"0 ns", "0"}},
		"no difference":           {maybeSigned(nil), unknown},
		"nanoseconds":             {nanoseconds(known(int64(1500))), Cell{"1.50 µs", "1500"}},
		"no nanoseconds":          {nanoseconds(nil), unknown},
		"seconds":                 {seconds(12.5), Cell{"12.5 s", "12.5"}},
		"number":                  {number(known(Number(0.12345))), Cell{"0.123", "0.12345"}},
		"number 0":                {number(known(Number(0))), Cell{"0", "0"}},
		"no number":               {number(nil), unknown},
		"not a number":            {number(known(Number(math.NaN()))), Cell{"NaN", "NaN"}},
		"optional":                {optional(12.5), Cell{"12.5", "12.5"}},
		"not applicable":          {optional(0.0), unknown},
		"share":                   {share(0.125), Cell{"12.5 %", "0.125"}},
		"maybe share":             {maybeShare(known(1.0)), Cell{"100 %", "1"}},
		"no share":                {maybeShare(nil), unknown},
		"change":                  {maybeChange(known(2.0), known(-1.0)), plain("-50.0 %")},
		"change of 0":             {maybeChange(known(0.0), known(1.0)), plain("–")},
		"change of unknown":       {maybeChange(nil, known(1.0)), unknown},
		"no change":               {maybeChange(known(1.0), nil), unknown},
		"probability":             {probability(known(0.5)), Cell{"0.50", "0.5"}},
		"low probability":         {probability(known(0.00123)), Cell{"0.0012", "0.00123"}},
		"almost no probability":   {probability(known(1e-9)), Cell{"<0.0001", "1e-09"}},
		"unknown probability":     {probability(nil), unknown},
		"loss":                    {loss(0.123456), Cell{"0.1235", "0.123456"}},
		"no loss":                 {maybeLoss(nil), unknown},
		"truth":                   {truth(false), plain("false")},
		"seed beyond an int":      {seed(math.MaxUint64), plain("18446744073709551615")},
		"share of nothing":        {ofLimit(someChecks().Checks.Checks[2]), unknown},
		"kernel of another layer": {kernelCell(RunLayer{FusedInto: "conv1"}), Cell{"in conv1", ""}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
