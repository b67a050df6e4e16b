package nn

// What tests in package nn_test, which can build nets of the family, look at.

// The names of scalar inputs.
const (
	DropoutSeed  = dropoutSeed
	LearningRate = learningRate
	MinusOne     = minusOne
	SlotSuffix   = slotSuffix
)

// Functions and values that are not exported.
var (
	GradientRules = gradientRules
	SameParams    = sameParams
	AlphaName     = alphaName
	ErrClosed     = errClosed
	MaskSeed      = maskSeed
)

// Read makes a BlockGradient of a probe's readings.
func (p BlockProbe) Read(value func(Reading) float64) BlockGradient { return p.read(value) }

// Read makes a PathSpectrum of a probe's readings.
func (p PathProbe) Read(value func(Reading) float64) PathSpectrum { return p.read(value) }

// Writers are by buffer the operations that write them, −1 for inputs.
func (l *Lowered) Writers() []int { return l.writers() }

// CalibrationBatch is the batch of the pass that calibrates a net.
func (m *Model) CalibrationBatch() int { return m.calibrationBatch() }
