package tensor

// Kind says what an operation computes. Names are PyTorch's where it has one.
type Kind uint8

// The operations. Operands are listed as In → Out; Params in brackets.
const (
	// Conv2d: x[N,C,H,W] → y[N,K,OH,OW]  [weight K×C/Groups×KH×KW, bias K if present]
	Conv2d Kind = iota + 1
	// Linear: x[N,C] → y[N,K]  [weight K×C, bias K if present]
	Linear
	// BatchNorm2d: x[N,C,H,W] → y  [weight C, bias C, running_mean C, running_var C].
	// With Op.Train it normalises by the batch's statistics (biased variance)
	// and moves the running ones: r += Momentum·(batch − r), the variance
	// unbiased, as PyTorch does. It may then have two more results, which its
	// gradient needs: mean[C] and rstd[C] = 1/√(biased variance + ε).
	BatchNorm2d
	// ReLU: x → max(x, 0)
	ReLU
	// MaxPool2d: x[N,C,H,W] → y[N,C,OH,OW]; padding counts as −∞, or as 0
	// with Op.PadZero (Keras pads explicitly, before the pool).
	MaxPool2d
	// AvgPool2d: x[N,C,H,W] → y[N,C,OH,OW], the mean of the window's pixels that
	// lie in the image: padding counts for nothing, as with PyTorch's
	// count_include_pad=False. Its ceil_mode is padding at the bottom and right.
	AvgPool2d
	// AdaptiveAvgPool2d: x[N,C,H,W] → y[N,C,OH,OW], PyTorch's windows
	// [⌊i·H/OH⌋, ⌈(i+1)·H/OH⌉).
	AdaptiveAvgPool2d
	// Add: branch, skip → y = α·branch + skip, with α = Scalars[Op.Scalar],
	// or 1 when Op.Scalar is NoScalar.
	Add
	// Pad is the parameter-free shortcut of option A: x[N,C,H,W] →
	// y[N,PadBefore+C+PadAfter,⌈H/SH⌉,⌈W/SW⌉], subsampled by the stride, new
	// channels zero.
	Pad
	// Flatten: x[N,C,H,W] → y[N,C·H·W]
	Flatten
	// Dropout: x → y. In eval the identity; with Op.Train each element is
	// dropped with probability Op.Eps by a counter-based mask keyed by
	// (Scalars[Op.Scalar], Op.Path, index), the rest scaled by 1/(1−p).
	Dropout
	// Moments is a probe: x → y[2] = mean and population standard deviation
	// over all elements, accumulated in float64. Its output is Kept.
	Moments

	// CrossEntropy: logits[N,K], target[N] → loss[1], probabilities[N,K]: the
	// mean over N of −Σ t·log p, where p is the softmax of the logits and t is
	// (1−ε)·(target = k) + ε/K with ε = Op.Eps, PyTorch's label smoothing.
	// Targets are class indices stored as float32; anything else fails the run
	// with a *TargetError.
	CrossEntropy
	// CrossEntropyGrad: probabilities[N,K], target[N] → dlogits = (p − t)/N
	CrossEntropyGrad
	// Conv2dGradInput: dy[N,K,OH,OW] → dx[N,C,H,W]  [weight]. Window and
	// Groups are the forward operation's, here and below.
	Conv2dGradInput
	// Conv2dGradWeight: x[N,C,H,W], dy[N,K,OH,OW] → dw[K,C/Groups,KH,KW]
	Conv2dGradWeight
	// Conv2dGradBias: dy[N,K,OH,OW] → db[K]
	Conv2dGradBias
	// LinearGradInput: dy[N,K] → dx[N,C]  [weight]
	LinearGradInput
	// LinearGradWeight: x[N,C], dy[N,K] → dw[K,C]
	LinearGradWeight
	// LinearGradBias: dy[N,K] → db[K]
	LinearGradBias
	// BatchNorm2dGrad, with Op.Train: x, dy, mean[C], rstd[C] → dx, dγ[C],
	// dβ[C]  [weight], with what the forward operation saved; else x, dy →
	// dx, dγ, dβ  [weight, running_mean, running_var]. dγ and dβ may be omitted
	// together (Ioffe and Szegedy 2015, section 3).
	BatchNorm2dGrad
	// ReLUGrad: y, dy → dx = dy where y > 0, else 0
	ReLUGrad
	// MaxPool2dGrad: x, dy → dx. A window's gradient goes to its first
	// maximum in row-major order, as in PyTorch, or nowhere if that is a zero
	// of the padding.
	MaxPool2dGrad
	// AvgPool2dGrad: dy[N,C,OH,OW] → dx[N,C,H,W]
	AvgPool2dGrad
	// AdaptiveAvgPool2dGrad: dy[N,C,OH,OW] → dx[N,C,H,W]
	AdaptiveAvgPool2dGrad
	// PadGrad: dy[N,PadBefore+C+PadAfter,OH,OW] → dx[N,C,H,W]
	PadGrad
	// Unflatten: dy[N,C·H·W] → dx[N,C,H,W]
	Unflatten
	// DropoutGrad: dy → dx, through the same mask: its fields and path are the
	// forward operation's.
	DropoutGrad
	// Scale: x → Scalars[Op.Scalar]·x
	Scale
	// Join adds the two parts of a gradient and measures them: branch, skip →
	// sum, probe[4] = ‖branch‖, ‖skip‖, ⟨branch, skip⟩, ‖sum‖ (L2, accumulated
	// in float64). The probe is Kept.
	Join
	// Norm is a probe: x → y[1] = ‖x‖, L2, accumulated in float64. Its output
	// is Kept.
	Norm
	// Histogram is a probe: x → counts[2, HistogramCounts], and figures[HistogramFigures],
	// and channels[HistogramRows, C]; the latter two may be omitted. Without an operand x is
	// the present value of its parameter. Channels are the slices of x along dimension
	// Op.Axis. Counts are exact, see histogram.go; figures are of the finite values,
	// accumulated in float64, and 0 where there is none. All results are Kept.
	Histogram
	// SGD is PyTorch's optimiser step, with λ = Decay, μ = Momentum and the learning
	// rate Scalars[Op.Scalar]: g → nothing  [parameter, momentum slot if μ ≠ 0].
	// d = g + λw; v ← μv + d; w ← w − lr·v, or with Nesterov w − lr·(d + μv),
	// or without a slot w − lr·d. The slot is zero before the first step.
	SGD
)

var kindNames = [...]string{
	Conv2d: "Conv2d", Linear: "Linear", BatchNorm2d: "BatchNorm2d", ReLU: "ReLU", MaxPool2d: "MaxPool2d",
	AvgPool2d: "AvgPool2d", AdaptiveAvgPool2d: "AdaptiveAvgPool2d", Add: "Add", Pad: "Pad", Flatten: "Flatten", Dropout: "Dropout", Moments: "Moments",
	CrossEntropy: "CrossEntropy", CrossEntropyGrad: "CrossEntropyGrad",
	Conv2dGradInput: "Conv2dGradInput", Conv2dGradWeight: "Conv2dGradWeight", Conv2dGradBias: "Conv2dGradBias",
	LinearGradInput: "LinearGradInput", LinearGradWeight: "LinearGradWeight", LinearGradBias: "LinearGradBias",
	BatchNorm2dGrad: "BatchNorm2dGrad", ReLUGrad: "ReLUGrad", MaxPool2dGrad: "MaxPool2dGrad",
	AvgPool2dGrad: "AvgPool2dGrad", AdaptiveAvgPool2dGrad: "AdaptiveAvgPool2dGrad", PadGrad: "PadGrad", Unflatten: "Unflatten", DropoutGrad: "DropoutGrad",
	Scale: "Scale", Join: "Join", Norm: "Norm", Histogram: "Histogram", SGD: "SGD",
}

// String is the kind's name, as in PyTorch.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "Kind?"
}

// Pass is the part of a step that an operation belongs to.
type Pass uint8

// The passes of a step.
const (
	Forward Pass = iota
	Backward
	Update
)

// String is "forward", "backward" or "update".
func (p Pass) String() string { return [...]string{"forward", "backward", "update"}[p] }

// Window is the geometry of a convolution or a pool.
type Window struct {
	KH, KW                   int // kernel
	SH, SW                   int // stride
	Top, Left, Bottom, Right int // padding; may differ by side
}

// Out is the height and width of the output for an input of h×wd, or 0, 0 if
// the window doesn't fit.
func (w Window) Out(h, wd int) (int, int) {
	oh := (h + w.Top + w.Bottom - w.KH)
	ow := (wd + w.Left + w.Right - w.KW)
	if oh < 0 || ow < 0 {
		return 0, 0
	}
	return oh/w.SH + 1, ow/w.SW + 1
}

// Square is a k×k window of stride s with padding p on each side.
func Square(k, s, p int) Window {
	return Window{KH: k, KW: k, SH: s, SW: s, Top: p, Left: p, Bottom: p, Right: p}
}

// NoScalar marks an operation without a scalar input.
const NoScalar = -1

// Op is one operation of a Plan. Which fields apply depends on Kind.
type Op struct {
	Kind Kind
	Pass Pass
	Path string // PyTorch's module path, "layer1.0.conv1"; "layer1.0.add" for what isn't a module
	Call int    // 0 for a module's first call in the pass, 1 for its second, …

	In     []BufferID
	Out    []BufferID
	Params []ParamID

	Window                      // Conv2d, MaxPool2d, AvgPool2d and their gradients; SH and SW also Pad, PadGrad
	Groups              int     // Conv2d and its gradients
	PadBefore, PadAfter int     // Pad, PadGrad: zero channels before and after
	PadZero             bool    // MaxPool2d, MaxPool2dGrad
	Train               bool    // BatchNorm2d, Dropout and their gradients: batch statistics, a random mask
	Eps                 float64 // BatchNorm2d: ε; Dropout: p; CrossEntropy: label smoothing; and their gradients
	Momentum            float64 // BatchNorm2d: of the running statistics; SGD: μ
	Decay               float64 // SGD: weight decay λ
	Nesterov            bool    // SGD
	Axis                int     // Histogram: the dimension of channels, 0 or 1
	Scalar              int     // index into RunOptions.Scalars, or NoScalar
}
