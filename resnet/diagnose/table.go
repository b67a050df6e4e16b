package diagnose

import "slices"

// Rules are all rules, by subject. The order says nothing about their weight.
func Rules() []Rule {
	return slices.Concat(valueRules(), weightRules(), normRules(), activationRules(), outputRules(),
		gradientRules(), trainingRules(), inputRules(), structureRules(), costRules())
}

const (
	measured = "measured on the nets that come with the program, short-trained and fresh ones of all kinds"
	byCount  = "exact: no threshold"
)

// valueRules are about values that make all others meaningless.
func valueRules() []Rule {
	return []Rule{{
		Name: "not-finite", Severity: Error, find: notFinite,
		Decides:  "looks for NaN and infinity in the input, then layer by layer in its parameters and its output, then in gradients",
		Limit:    "one value",
		Source:   byCount,
		CantTell: "an overflow inside a kernel that another value hides, such as 1/∞",
		Explains: []string{
			"exploding-activations", "vanishing-activations", "dead-layer", "dead-channels", "open-relu", "flat-channels",
			"duplicate-channels", "weak-path", "one-class", "deaf-net", "below-chance", "moved-labels", "changing-gradient",
			"no-gradient", "weak-branch-gradient", "update-ratio", "initial-loss", "nothing-to-learn", "stale-statistics",
			"eval-train-difference", "odd-scale", "cut-tensor",
		},
	}, {
		Name: "negative-variance", Severity: Error, find: negativeVariance, Needs: Norms,
		Decides:  "looks for running variances below 0",
		Limit:    "0",
		Source:   "a variance is a mean of squares",
		CantTell: "variances that are positive and wrong: stale-statistics may",
		Explains: []string{
			"not-finite", "stale-statistics", "eval-train-difference", "exploding-activations", "one-class", "below-chance", "deaf-net",
			"input-mismatch", "input-scale",
		},
	}}
}

// weightRules are about parameters alone.
func weightRules() []Rule {
	return []Rule{{
		Name: "zero-weights", Severity: Error, find: zeroWeights,
		Decides:  "all values of a convolution's or linear layer's weight are 0",
		Limit:    "all",
		Source:   byCount,
		CantTell: "whether a branch was meant to start at 0 (that is usually done by batch norm's weight)",
		Explains: []string{
			"dead-layer", "dead-channels", "flat-channels", "no-gradient", "weak-path", "weak-branch-gradient", "stale-statistics", "deaf-net",
			"changing-gradient", "vanishing-activations", "one-class", "duplicate-channels", "cut-tensor",
		},
	}, {
		Name: "zero-filter", Severity: Warning, find: zeroFilters,
		Decides:  "all weights of an output channel are 0",
		Limit:    "one channel",
		Source:   byCount,
		CantTell: "whether the net was pruned on purpose",
		Explains: []string{"dead-channels", "no-gradient", "flat-channels"},
	}, {
		Name: "constant-weights", Severity: Error, find: constantWeights,
		Decides:  "the deviation of a weight's values by their mean",
		Limit:    "1e-6",
		Source:   "float32 rounds to 6e-8; no draw and no training gives equal values",
		CantTell: "constant biases and norms, which are usual",
		Explains: []string{
			"duplicate-channels", "duplicate-filters", "flat-channels", "coarse-weights", "odd-scale", "stale-statistics", "untrained-layer",
			"cut-tensor", "changing-gradient", "deaf-net", "one-class", "exploding-activations", "no-gradient",
		},
	}, {
		Name: "cut-tensor", Severity: Error, find: cutTensor,
		Decides:  "the share of a weight that equal values at its end fill",
		Limit:    "1/16, of at least 1,024 values",
		Source:   "independent float32 values are hardly ever equal",
		CantTell: "a file cut between two tensors, which the reader reports; whether last filters were pruned",
		Explains: []string{"zero-filter", "dead-channels", "no-gradient", "flat-channels", "stale-statistics", "duplicate-filters"},
	}, {
		Name: "duplicate-filters", Severity: Warning, find: duplicateFilters,
		Decides:  "filters of a layer with the same values, bit by bit",
		Limit:    "one pair",
		Source:   byCount,
		CantTell: "filters that differ by a factor or by rounding: duplicate-channels may",
		Explains: []string{"duplicate-channels"},
	}, {
		Name: "same-tensor", Severity: Error, find: sameTensor,
		Decides:  "weights of two layers with the same values, bit by bit",
		Limit:    "one pair",
		Source:   byCount,
		CantTell: "whether layers share weights on purpose; which of the two is right",
		Explains: []string{"stale-statistics"},
	}, {
		Name: "coarse-weights", Severity: Warning, find: coarseWeights,
		Decides:  "the number of different values of a weight of 1,024 or more",
		Limit:    "32 (warning), 256 (note)",
		Source:   "5 and 8 bits",
		CantTell: "weights that were rounded with a scale for each channel",
		Explains: []string{"duplicate-filters", "zero-filter", "duplicate-channels"},
	}, {
		Name: "odd-scale", Severity: Warning, find: oddScales,
		Decides: "a weight's root mean square, in units of its He initialisation (linear: of the uniform one), " +
			"by the median over the net's weights",
		Limit:    "32 times, or 1/32",
		Source:   "He et al. 2015 (1502.01852) for the unit; " + measured,
		CantTell: "a scale that is wrong by less, or in all layers; whether a batch norm behind it undoes it",
		Explains: []string{"stale-statistics", "vanishing-activations", "exploding-activations"},
	}, {
		Name: "untrained-layer", Severity: Warning, find: untrainedLayers, Needs: Weights,
		Decides: "the relative deviation of a convolution's filter norms, by 1/√(2·fan-in), what independent normal values give: " +
			"near 1 in one layer and above 2 in three quarters of the others",
		Limit:    "1.25",
		Source:   "the distribution χ of norms; " + measured,
		CantTell: "layers of fewer than 16 filters or 1,024 values, and nets that were trained for a short time",
		Explains: []string{"stale-statistics"},
	}, {
		Name: "missing-weights", Severity: Warning, find: missingWeights, Needs: Partial,
		Decides:  "tensors of the net that the file lacks, with --partial",
		Limit:    "one",
		Source:   byCount,
		CantTell: "whether they were meant to be left out, as a new classifier is",
	}}
}

// normRules are about batch norm.
func normRules() []Rule {
	return []Rule{{
		Name: "initial-statistics", Severity: Warning, find: initialStatistics, Needs: Norms,
		Decides:  "running means that are all 0, and variances that are all 1",
		Limit:    "all",
		Source:   "how they start",
		CantTell: "whether the net was meant to run in train mode only",
		Explains: []string{"stale-statistics", "eval-train-difference", "exploding-activations", "one-class", "below-chance",
			"input-mismatch", "input-scale", "input-inverted"},
	}, {
		Name: "stale-statistics", Severity: Error, find: staleStatistics, Needs: Norms,
		Decides: "the median over channels of ½(r − 1 − ln r + z²), r the batch's variance by the running one, z the distance of " +
			"the means in running deviations, of what a batch norm gets in train mode; images for trained weights, noise for " +
			"calibrated ones; 64 values a channel at least",
		Limit:    "0.1 + 0.3/N nats for N images, and 6 times the median of the net's batch norms; an error from 5 nats",
		Source:   "the divergence of two normal distributions; " + measured,
		CantTell: "whether statistics or the weights before them are wrong; a batch that is unlike the training's looks the same",
		Explains: []string{"eval-train-difference", "exploding-activations"},
	}, {
		Name: "tiny-variance", Severity: Warning, find: tinyVariance, Needs: Norms,
		Decides:  "running variances below 1e-8 of channels that are multiplied by more than 10",
		Limit:    "one channel",
		Source:   "ε is 1e-5: below it the normalisation is not one",
		CantTell: "channels that are constant in training and in use, which are harmless",
		Explains: []string{"stale-statistics", "exploding-activations", "weak-path", "eval-train-difference"},
	}, {
		Name: "negative-gamma", Severity: Warning, find: reversedGamma, Needs: Norms,
		Decides:  "the share of a batch norm's weights that are negative",
		Limit:    "1/2",
		Source:   "they start at 1, and few cross 0; " + measured,
		CantTell: "fewer that were turned",
	}, {
		Name: "zero-gamma", Severity: Warning, find: zeroGamma, Needs: Norms,
		Decides:  "weights of a batch norm that are 0; a warning in a trained net if it is more than half of them",
		Limit:    "one",
		Source:   "Goyal et al. 2017 (1706.02677) start the last of each block at 0, which training changes",
		CantTell: "whether a fresh net starts so on purpose",
		Explains: []string{"dead-channels", "dead-layer", "weak-path", "weak-branch-gradient", "flat-channels", "no-gradient"},
	}, {
		Name: "eval-train-difference", Severity: Warning, find: evalTrainDifference, Needs: Norms,
		Decides:  "the share of images that get another class in train mode, and half the sum of |p−q| of their probabilities",
		Limit:    "1/2 for both, of 4 images or more, with 64 values a channel at every batch norm",
		Source:   measured,
		CantTell: "which layer it comes from: stale-statistics does",
	}, {
		Name: "small-batch-norm", Severity: Error, find: smallBatchNorm, Needs: Norms | Gradient,
		Decides:  "values a channel (N·H·W) that a batch norm normalises by in a training step",
		Limit:    "16; an error at 1",
		Source:   "Wu and He 2018 (1803.08494), figure 1",
		CantTell: "statistics that several devices share",
	}}
}

// activationRules are about outputs of layers.
func activationRules() []Rule {
	return []Rule{{
		Name: "exploding-activations", Severity: Error, find: explodingActivations,
		Decides:  "an output's root mean square, and a block's by its input's",
		Limit:    "65,504 (error), 32 times (warning)",
		Source:   "the largest float16; " + measured,
		CantTell: "single values that are too large: the histogram of inspect stats shows them",
		Explains: []string{"below-chance", "initial-loss"},
	}, {
		Name: "vanishing-activations", Severity: Warning, find: vanishingActivations,
		Decides:  "an output's root mean square",
		Limit:    "6.1e-5",
		Source:   "the smallest normal float16",
		CantTell: "small images: a black one gives small outputs",
		Explains: []string{"changing-gradient", "deaf-net"},
	}, {
		Name: "dead-layer", Severity: Error, find: deadLayer,
		Decides:  "a layer all of whose outputs are 0",
		Limit:    "all",
		Source:   byCount,
		CantTell: "whether other images would excite it",
		Explains: []string{"dead-channels", "no-gradient", "changing-gradient", "weak-path", "weak-branch-gradient", "deaf-net",
			"vanishing-activations", "one-class", "flat-channels", "below-chance", "stale-statistics"},
	}, {
		Name: "dead-channels", Severity: Warning, find: deadChannels,
		Decides: "channels behind a ReLU that are 0 on all images, with 64 values each at least",
		Limit:   "half of them (warning; without batch norm 95 %), more than a quarter (note)",
		Source: "trained nets have some: torchvision's ResNet-50 about a tenth behind its stem; without a norm, deep fresh nets " +
			"switch channels on or off for all images; " + measured,
		CantTell: "channels that rare images excite: give more of them",
		Explains: []string{"no-gradient"},
	}, {
		Name: "open-relu", Severity: Warning, find: openReLU,
		Decides:  "the share of a ReLU's outputs that are 0, of those that don't follow an addition",
		Limit:    "0.1 %",
		Source:   "half of them are 0 behind a normal distribution; " + measured,
		CantTell: "ReLUs behind additions, which deep nets leave open",
	}, {
		Name: "flat-channels", Severity: Warning, find: flatChannels,
		Decides:  "channels of a convolution whose deviation by their mean is next to nothing",
		Limit:    "1e-6 in a quarter of them",
		Source:   "rounding of float32",
		CantTell: "constant images from constant channels, but for constant-image",
	}, {
		Name: "duplicate-channels", Severity: Warning, find: duplicateChannels,
		Decides:  "channels of a convolution with equal mean, deviation and largest value over the batch",
		Limit:    "a relative 1e-6",
		Source:   "rounding of float32",
		CantTell: "channels that are each other's multiple; equal figures of different channels, which is unlikely",
	}, {
		Name: "weak-path", Severity: Warning, find: weakPaths,
		Decides:  "at an addition, the root mean squares of branch and skip, F and S",
		Limit:    "F/S 1e-3 (a note in a fresh net), S/F 1e-2",
		Source:   "He et al. 2015 (1512.03385), figure 7: responses of branches are small, but not that small; " + measured,
		CantTell: "whether a block was trained to do nothing",
	}}
}

// outputRules are about the classifier's answers.
func outputRules() []Rule {
	return []Rule{{
		Name: "one-class", Severity: Error, find: oneClass, Needs: Images | Weights,
		Decides:  "the likeliest class of 8 or more different images, of a trained net",
		Limit:    "all the same, though labels, if known, differ",
		Source:   "by chance that is C⁻⁷",
		CantTell: "whether unlabelled images really are of one class; fresh nets answer one class often",
	}, {
		Name: "deaf-net", Severity: Error, find: deafNet,
		Decides:  "the deviation of logits between different images, by that between classes",
		Limit:    "1e-4",
		Source:   "rounding of float32 over a deep net; " + measured,
		CantTell: "images that hardly differ",
		Explains: []string{"one-class", "below-chance"},
	}, {
		Name: "below-chance", Severity: Warning, find: belowChance, Needs: Images | Weights | Labels,
		Decides:  "the loss of a trained net on 8 or more labelled images",
		Limit:    "ln C + 0.5 nats",
		Source:   "guessing gives ln C",
		CantTell: "whether labels, images or weights are wrong",
	}, {
		Name: "moved-labels", Severity: Error, find: movedLabels, Needs: Images | Weights | Labels,
		Decides:  "the commonest distance from answer to label over 8 or more images",
		Limit:    "three quarters have the same, and it isn't 0",
		Source:   "labels that count from 1, or by another list, are moved by a constant",
		CantTell: "other permutations of classes: below-chance tells that something is wrong",
		Explains: []string{"below-chance"},
	}}
}

// gradientRules are about a backward pass.
func gradientRules() []Rule {
	return []Rule{{
		Name: "changing-gradient", Severity: Warning, find: changingGradients, Needs: Gradient,
		Decides:  "how ‖∂L/∂y‖·‖y‖ of blocks changes towards the input: it does not depend on the scale of y",
		Limit:    "1e3 over one block, 1e6 over the net",
		Source:   "with batch norm a fresh plain net's gradient grows 1.2 times a layer (Yang et al. 2019, 1902.08129); " + measured,
		CantTell: "whether training copes with it, as it does with 34 plain layers",
	}, {
		Name: "no-gradient", Severity: Warning, find: unreachedLayers, Needs: Gradient,
		Decides:  "parameters whose gradient is exactly 0 or isn't computed",
		Limit:    "0",
		Source:   byCount,
		CantTell: "whether they were frozen on purpose",
	}, {
		Name: "weak-branch-gradient", Severity: Warning, find: weakBranches, Needs: Gradient,
		Decides:  "the gradient that a block's branch passes by what its skip passes",
		Limit:    "1e-5",
		Source:   measured,
		CantTell: "whether the branch is to stay at 0 (a note in a fresh net)",
	}}
}

// trainingRules are about labels and the settings of training.
func trainingRules() []Rule {
	return []Rule{{
		Name: "update-ratio", Severity: Error, find: updateRatio, Needs: Settings,
		Decides:  "rate · ‖∂L/∂w‖ / ‖w‖: the median over weights, and each",
		Limit:    "0.1 and 1e-7 for the median, 5 for one weight",
		Source:   "about 1e-3 is usual (Karpathy, CS231n, notes 3); You et al. 2017 (1708.03888) on its differences",
		CantTell: "what momentum, decay and a schedule make of it; with batch norm, weights that grow correct it",
	}, {
		Name: "strong-decay", Severity: Warning, find: strongDecay, Needs: Settings,
		Decides:  "rate · decay, the share of a weight that a step takes away",
		Limit:    "1e-3",
		Source:   "usual are 1e-5 to 1e-4: weights keep their memory for an epoch or more (van Laarhoven 2017, 1706.05350)",
		CantTell: "schedules: give the highest rate",
	}, {
		Name: "high-momentum", Severity: Warning, find: highMomentum, Needs: Settings,
		Decides:  "momentum μ: gradients count for 1/(1−μ) steps",
		Limit:    "0.99",
		Source:   "0.9 is usual (He et al. 2015); from 100 steps on, rate and μ must be tuned together (Goyal et al. 2017)",
		CantTell: "whether the rate was lowered with it",
	}, {
		Name: "initial-loss", Severity: Warning, find: initialLoss, Needs: Gradient,
		Decides:  "the loss of a fresh net",
		Limit:    "ln C + 10 nats",
		Source:   "logits of deviation σ add σ²/2 to ln C; " + measured,
		CantTell: "fresh nets with a loss that is too small, which means that labels leaked",
		Explains: []string{"update-ratio"},
	}, {
		Name: "nothing-to-learn", Severity: Warning, find: nothingToLearn, Needs: Gradient,
		Decides:  "the loss of the step",
		Limit:    "1e-6 nats",
		Source:   "float32 holds 1 − p no finer than 6e-8",
		CantTell: "whether other batches are harder",
		Explains: []string{"no-gradient", "update-ratio"},
	}, {
		Name: "fixed-statistics", Severity: Note, find: fixedStatistics, Needs: Norms | Gradient,
		Decides:  "a backward pass in eval mode through batch norm",
		Limit:    "one",
		Source:   "Ioffe and Szegedy 2015 (1502.03167): training normalises by the batch",
		CantTell: "whether that is meant so, as in fine-tuning",
	}, {
		Name: "one-label", Severity: Warning, find: oneLabel, Needs: Labels,
		Decides:  "the share of the commonest label in a batch of 4 or more",
		Limit:    "all (warning), half (note), of 3 classes or more",
		Source:   "by chance C⁻³",
		CantTell: "whether the data is so",
		Explains: []string{"one-class"},
	}, {
		Name: "contradicting-labels", Severity: Error, find: contradictingLabels, Needs: Labels,
		Decides:  "equal images with different labels",
		Limit:    "one pair",
		Source:   byCount,
		CantTell: "images that are alike but not equal",
	}}
}

// inputRules are about images; on seeded noise none finds anything but copies.
func inputRules() []Rule {
	return []Rule{{
		Name: "input-bytes", Severity: Error, find: bytes, Needs: Images,
		Decides:  "the largest value, and, of trained weights, whether their stem knows such images",
		Limit:    "20; a misfit of 0.15 + 0.35/N nats for N images",
		Source:   "8-bit images reach 255, normalised ones about 3; the stem's misfit as in input-mismatch",
		CantTell: "images of 0…255 in a batch of dark ones",
		Explains: []string{"input-mismatch", "input-scale", "stale-statistics", "eval-train-difference", "one-class", "below-chance",
			"exploding-activations", "input-order", "input-inverted"},
	}, {
		Name: "input-unit", Severity: Error, find: notNormalised, Needs: Images | Weights | Norms,
		Decides:  "values from 0 to 1 whose stem misfit a scale and a shift make 3 times smaller",
		Limit:    "a misfit of 0.15 + 0.35/N nats for N images",
		Source:   measured,
		CantTell: "nets without a batch norm behind the stem, whose statistics say what it expects",
		Explains: []string{"input-mismatch", "input-scale", "stale-statistics", "eval-train-difference", "one-class", "below-chance", "input-order"},
	}, {
		Name: "input-scale", Severity: Warning, find: otherScale, Needs: Images | Weights | Norms,
		Decides:  "a scale and a shift, by least squares, that make the stem's misfit 3 times smaller",
		Limit:    "a misfit of 0.15 + 0.35/N nats for N images",
		Source:   measured,
		CantTell: "a mean that is wrong in one channel only: input-mismatch",
		Explains: []string{"input-mismatch", "stale-statistics", "eval-train-difference", "one-class", "below-chance", "input-order"},
	}, {
		Name: "input-inverted", Severity: Warning, find: inverted, Needs: Images | Weights | Norms,
		Decides:  "a negative scale that fits the stem 3 times better than any positive one, and better than any order of the channels",
		Limit:    "a misfit of 0.15 + 0.35/N nats for N images",
		Source:   measured,
		CantTell: "images that look like their negative to the stem: edges have no sign",
		Explains: []string{"input-mismatch", "input-scale", "input-unit", "stale-statistics", "eval-train-difference", "one-class", "below-chance",
			"input-order"},
	}, {
		Name: "input-order", Severity: Warning, find: channelOrder, Needs: Images | Weights | Norms,
		Decides:  "an order of the channels that fits the stem better, whatever the brightness and the contrast; also of images that were normalised as ImageNet's in the wrong order",
		Limit:    "1.5 times, of 8 images or more or with a misfit of 0.15 + 0.35/N nats (warning); 1.25 times, BGR, of 8 or more (note)",
		Source:   measured,
		CantTell: "images with little colour, nets whose stem looks at brightness only, and negatives, which fit BGR too",
		Explains: []string{"input-mismatch", "stale-statistics"},
	}, {
		Name: "input-mismatch", Severity: Warning, find: strangeImages, Needs: Images | Weights | Norms,
		Decides: "the stem's misfit: the mean over its filters of the divergence of their answers to these images from the running " +
			"statistics of the batch norm behind it",
		Limit:    "0.15 + 0.35/N nats for N images",
		Source:   measured,
		CantTell: "few images, or very dark or bright ones, from wrong ones: give a batch",
		Explains: []string{"stale-statistics"},
	}, {
		Name: "constant-image", Severity: Error, find: constantImages, Needs: Images,
		Decides:  "images that hold one value a channel",
		Limit:    "one (warning), all (error)",
		Source:   byCount,
		CantTell: "images that are nearly constant",
		Explains: []string{"input-mismatch", "input-scale", "input-inverted", "stale-statistics", "overexposed-image", "repeated-image", "flat-channels",
			"enlarged-image", "eval-train-difference", "one-class", "scrambled-image", "input-order", "below-chance", "input-unit", "grey-image"},
	}, {
		Name: "constant-channel", Severity: Error, find: constantChannel, Needs: Images,
		Decides:  "a channel that holds one value in all images while others don't",
		Limit:    "one",
		Source:   byCount,
		CantTell: "a channel that belongs to another image",
		Explains: []string{"input-mismatch", "stale-statistics", "input-scale", "input-order", "input-inverted"},
	}, {
		Name: "grey-image", Severity: Warning, find: greyImages, Needs: Images,
		Decides:  "channels that are equal but for a factor and a shift, in all images of 8 or more (a note below)",
		Limit:    "0.001 deviations",
		Source:   "rounding of 8-bit values that were normalised",
		CantTell: "whether the photographs are black and white",
		Explains: []string{"input-order"},
	}, {
		Name: "repeated-image", Severity: Warning, find: repeatedImages, Needs: Images,
		Decides:  "equal images in a batch",
		Limit:    "a quarter are copies (warning), one (note)",
		Source:   byCount,
		CantTell: "copies that were augmented",
	}, {
		Name: "scrambled-image", Severity: Error, find: scrambledImages, Needs: Images,
		Decides:  "correlations of values with their neighbours to the right, three to the right, and below",
		Limit:    "0.2; 0.1 more three columns apart than one",
		Source:   "photographs have 0.9 and more (Ruderman and Bialek 1994)",
		CantTell: "textures as fine as pixels; height and width exchanged in square images",
		Explains: []string{"input-mismatch", "input-scale", "stale-statistics", "input-order", "input-inverted", "below-chance", "eval-train-difference",
			"one-class"},
	}, {
		Name: "enlarged-image", Severity: Warning, find: enlargedImages, Needs: Images,
		Decides:  "pixels equal in pairs (0 and 1, 2 and 3 …) but not between them; or neighbours that correlate fully",
		Limit:    "99 % against 80 %; 0.9995",
		Source:   "what nearest-neighbour and bilinear enlargement leave; " + measured,
		CantTell: "images enlarged by less than 2",
		Explains: []string{"input-mismatch", "stale-statistics", "input-scale"},
	}, {
		Name: "cut-image", Severity: Warning, find: cutImages, Needs: Images,
		Decides:  "images whose lower rows hold one value, but whose upper ones don't",
		Limit:    "1/4 of the rows",
		Source:   "what a decoder leaves of a file that ends early",
		CantTell: "pictures with a plain ground",
		Explains: []string{"input-mismatch", "stale-statistics", "input-scale"},
	}, {
		Name: "overexposed-image", Severity: Warning, find: overexposedImages, Needs: Images,
		Decides:  "the share of an image's values that are the batch's largest, in half of the images",
		Limit:    "0.4",
		Source:   measured,
		CantTell: "drawings on white",
		Explains: []string{"input-mismatch", "stale-statistics", "input-scale"},
	}}
}

// structureRules are about the net against its weights and images.
func structureRules() []Rule {
	return []Rule{{
		Name: "wrong-option-a", Severity: Error, find: wrongPadding, Needs: Images | Weights | Norms,
		Decides: "how far activations behind padded skips are from the running statistics, by how far they are with the zero " +
			"channels elsewhere (all behind, or half before)",
		Limit:    "2 times, and 0.01 nats",
		Source:   measured,
		CantTell: "nets without images or batch norm",
		Explains: []string{"stale-statistics", "eval-train-difference", "below-chance", "one-class"},
	}, {
		Name: "small-image", Severity: Note, find: smallImages,
		Decides:  "the size of what the last pool gets",
		Limit:    "1×1",
		Source:   "He et al. 2015, table 1: 7×7 at 224×224",
		CantTell: "whether weights were trained at that size",
	}}
}

// costRules are about time and memory.
func costRules() []Rule {
	return []Rule{{
		Name: "slow-layer", Severity: Note, find: slowLayers, Needs: Times,
		Decides:  "layers that take 10 % of the pass or more and are bound by compute or memory",
		Limit:    "20 % of their roof",
		Source:   "the roofline of this machine (Williams et al. 2009)",
		CantTell: "whether another program took the time: few passes are measured",
	}, {
		Name: "held-memory", Severity: Note, find: heldMemory, Needs: Times,
		Decides:  "the largest value that lives where the arena is fullest",
		Limit:    "half of it, and 256 MiB",
		Source:   "a choice: what is worth a look",
		CantTell: "memory beside the arena",
	}}
}
