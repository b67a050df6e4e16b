package main

import "strings"

// sections says what the code after a label is for, by kernel and label without
// its number. Both generators name alike what does alike. The label "" is the
// kernel's beginning.
var sections = map[string]map[string]string{
	"conv": {
		"":           "Distances between pixels, and where rows begin.",
		"row":        "A row of tiles, from its first on.",
		"tile":       "A tile: prefetch what its end will write and read.",
		"prefetched": "Start the sums with the bias.",
		"icb":        "A block of input channels.",
		"kh":         "A row of taps.",
		"run":        "16 floats of the row: each pixel's times its weights. The next panel is prefetched.",
		"tail":       "What is left of the row, which is no multiple of 16.",
		"tailLoop":   "A float of it.",
		"runDone":    "The next row of taps, then the next block.",
		"residual":   "Add the residual.",
		"noResidual": "ReLU, which keeps NaN.",
		"noReLU":     "Store; then the next tile, and the next row.",
	},
	"dot": {
		"":             "Distances between pixels, and where rows begin.",
		"row":          "A row of tiles, from its first on.",
		"tile":         "A tile: prefetch what its end will write and read.",
		"prefetched":   "Start the sums with the bias.",
		"icb":          "A block of input channels.",
		"kh":           "A row of taps.",
		"run":          "Eight pairs of the row: each pixel's times its weights. The next panel is prefetched.",
		"tail":         "What is left of the row, which is no multiple of 16.",
		"tailLoop":     "A pair of it.",
		"runDone":      "The next row of taps, then the next block.",
		"residual":     "Add the residual, in float32.",
		"halfResidual": "Add the residual, in bfloat16.",
		"noResidual":   "ReLU, which keeps NaN.",
		"noReLU":       "Store float32.",
		"narrow":       "Round and store bfloat16.",
		"stored":       "The next tile, and the next row.",
	},
	"dotGradWeight": {
		"group": "Load the sums of some rows of the result.",
		"image": "An image.",
		"row":   "A row of its pairs of pixels.",
		"pixel": "A pair: each two values of its source times its gradients.",
		"store": "Store the sums; then the next rows of the result.",
	},
	"pair": {
		"pixel": "Two pixels: the second's values become upper halves.",
		"last":  "A pixel without a second.",
	},
	"gradWeight": {
		"group": "Load the sums of some rows of the result.",
		"image": "An image.",
		"row":   "A row of its pixels.",
		"pixel": "A pixel: each float of its source times its gradient.",
		"store": "Store the sums; then the next rows of the result.",
	},
	"winoIn": {
		"":        "Distances between positions, and the transform's constants.",
		"tile":    "A tile.",
		"part":    "Four lanes of it.",
		"rows":    "Its rows, to the scratch.",
		"columns": "Its columns, from the scratch to the positions.",
	},
	"winoOut": {
		"":           "Distances between positions, and the transform's constants.",
		"tile":       "A tile.",
		"part":       "Four lanes of it.",
		"rows":       "Its rows, to the scratch.",
		"col":        "A column, from the scratch: transform it and add the bias.",
		"column":     "A column, from the scratch: transform it and add the bias.",
		"noResidual": "Clamp and store a pixel.",
		"colDone":    "The next column.",
		"columnDone": "The next column.",
	},
	"elt": {
		"":                   "The lower bound: 0, or −∞ without ReLU.",
		"start":              "A loop for each set of flags.",
		"scaledResidualLoop": "scale·x + shift + res.",
		"scaledLoop":         "scale·x + shift.",
		"residualLoop":       "x + res.",
		"plainLoop":          "x.",
		"pixel":              "A pixel.",
		"unscaled":           "Without a scale, or after it.",
		"noResidual":         "Clamp and store.",
	},
	"maxPool": {
		"output": "An output: start with its window's first pixel.",
		"kh":     "A row of the window.",
		"kw":     "A pixel of the row: the larger, or NaN.",
	},
	"addPixels": {"pixel": "A pixel."},
	"sums":      {"pixel": "A pixel, in float64: its floats, and their squares."},
	"join": {
		"pixel": "A pixel: add, store, and sum four products in float64.",
		"lanes": "Add up the lanes of each sum.",
	},
	"widen":  {"pixel": "A pixel: its bf16 are the upper halves."},
	"narrow": {"pixel": "A pixel: rounded, or, where it is a NaN, made quiet."},
	"squares": {
		"pixel": "A pixel: its squares in float64.",
		"lanes": "Add up the lanes.",
	},
	"count": {
		"positive":    "Counters of 4 bits are 0.",
		"positiveSix": "Six pixels: the place of each value; a one in its counter; the sums of three.",
		"signed":      "The same with negative values.",
		"widen":       "Move counters of 4 bits to bytes.",
		"sum":         "Move bytes to 64 bits.",
	},
	"outside": {"pixel": "A pixel: is every value in the window, or zero?"},
	"figures": {
		"chunk": "Sixteen pixels, or those that are left.",
		"pixel": "A pixel: sums of differences and squares, extremes, and zeros, which compare as −1.",
		"add":   "Add the sums up in float64.",
	},
	"peak": {"round": "A round: as many chains as hide the latency."},
	"matrixConv": {
		"":               "Where the first group begins; the tiles are whole.",
		"group":          "A group of 32 pixels, or the last ones: start with zeros.",
		"pair":           "A pair of input blocks.",
		"tap":            "A tap: 32 channels of each pixel times their weights.",
		"store":          "Store the sums to the scratch memory.",
		"segment":        "Skip what lies between two rows of the image.",
		"junkEnough":     "Skip it.",
		"validEnough":    "Finish what is left of the row.",
		"finish":         "Bias, and the lower bound: −∞, or 0 with ReLU.",
		"residualFloats": "A pixel of float32 with a residual.",
		"plainFloats":    "A pixel of float32.",
		"residualHalves": "A pixel of bfloat16 with a residual.",
		"plainHalves":    "A pixel of bfloat16.",
		"rowEnd":         "Is the row complete?",
		"next":           "The next group.",
		"rest":           "The last group: halves of half as many rows as it has pixels, rounded up.",
	},
	"matrixGrad": {
		"tap":    "A tap: load its sums.",
		"pixels": "32 pixels: their channels times their gradients.",
		"stored": "Store the sums; then the next tap.",
	},
	"transpose": {
		"":       "Rows of each quarter of the channels.",
		"pixels": "32 pixels.",
	},
	"gather": {
		"row":    "A row.",
		"pixel":  "A pixel of both blocks.",
		"single": "A pixel of the only block.",
	},
	"matrixPeak": {"round": "A round: as many chains as hide the latency."},
	"dotPeak":    {"round": "A round: as many chains as hide the latency."},
	"read":       {"round": "A round."},
	"normSums":   norms,
	"normGrad":   norms,
	"mask":       norms,
	"sgd": {
		"momentum": "With momentum: move by v.",
		"nesterov": "Nesterov's step: move by the gradient and v.",
		"plain":    "Without momentum: move by the gradient.",
		"pixel":    "16 parameters: the gradient with decay, then v.",
		"step":     "Move the parameter.",
	},
	"maxPoolGrad": {
		"output":  "An output: start with its window's first pixel.",
		"findRow": "A row of the window.",
		"find":    "A pixel: note its number where it is larger, or NaN.",
		"addRow":  "The window's rows again.",
		"add":     "A pixel: add the gradient where its number was noted.",
	},
}

var norms = map[string]string{
	"plain":    "A pixel without a ReLU: dy is DY.",
	"masked":   "A pixel with a ReLU: dy is DY where Y > 0.",
	"pixel":    "A pixel: dy is DY, where Y > 0 if there is a ReLU.",
	"unmasked": "dy is known.",
}

// section is the purpose of a kernel's code after a label, or "".
func section(kernel, label string) string {
	if kernel == "convOne" || strings.HasPrefix(kernel, "convHalf") || strings.HasPrefix(kernel, "convF16") || strings.HasPrefix(kernel, "group") {
		kernel = "conv"
	}
	if kernel == "matrixConvOne" {
		kernel = "matrixConv"
	}
	if kernel == "dotOne" {
		kernel = "dot"
	}
	return sections[kernel][strings.TrimRight(label, "0123456789")]
}
