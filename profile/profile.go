package profile

import (
	"fmt"
	"math"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Schema names the JSON of a Profile.
const Schema = "resnet-tui/profile/1"

// MaxSamples bounds the number of samples that a profile has for each row.
const MaxSamples = 200

// Profile holds the times of many passes of a net, and what they were measured on.
// Its JSON is complete in itself: a file can be reported, compared and exported
// without the net. What is unknown is left out.
//
// Times are of a Statistic: typical ones, or means in a file that knows no others.
// Both add up: the MeanMS of all Layers and Total.OverheadMS are Total.MeanMS, and so
// are the typical ones.
type Profile struct {
	Schema   string    `json:"schema"`
	Version  string    `json:"version,omitempty"` // of the program
	Recorded time.Time `json:"recorded,omitzero"` // end of the recording, UTC, in whole seconds
	Started  time.Time `json:"started,omitzero"`  // begin of its passes, UTC, in whole milliseconds

	// What ran. Mode is that of batch norm, "eval" or "train".
	Model  Model    `json:"model"`
	Device Device   `json:"device"`
	Input  Input    `json:"input"`
	Mode   string   `json:"mode"`
	Pass   *nn.Pass `json:"pass,omitempty"` // nil in files of older versions, see NewReplay
	Fused  bool     `json:"fused"`
	Exact  bool     `json:"exact,omitempty"` // no algorithm that changes rounding, such as Winograd

	// Passes: measured ones, and those before. WarmupSpread is the range of the last
	// warm-up passes divided by their median.
	Runs         int     `json:"runs"`
	Warmup       int     `json:"warmup"`
	WarmupSpread float64 `json:"warmup_spread,omitempty"`

	Total    Total         `json:"total"`
	Memory   Memory        `json:"memory"`
	Ceilings *Roofs        `json:"ceilings,omitempty"`
	Recorder *RecorderCost `json:"recorder,omitempty"`
	Machine  *Machine      `json:"machine,omitempty"`
	Layers   []LayerRow    `json:"layers,omitempty"` // one per kernel, in execution order

	// Loss and gradients of the last pass, if it went backward.
	Loss   *Number     `json:"loss,omitempty"`
	Blocks []BlockGrad `json:"blocks,omitempty"`

	// Processes tells several processes apart whose passes this is, in the order in
	// which they ran; nil if a single one recorded them. See PoolProcesses.
	Processes []Process `json:"processes,omitempty"`

	Trace *Trace `json:"-"` // of further passes, nil unless requested
}

// Batch returns the number of images per pass, at least 1.
func (p *Profile) Batch() int {
	if len(p.Input.Shape) == 0 {
		return 1
	}
	return max(p.Input.Shape[0], 1)
}

// Model identifies a net. Names are those of package resnet's Config; a field is
// left out if the family doesn't have it, and what was added later where it is the
// family's default.
type Model struct {
	Arch     string `json:"arch"`
	Family   string `json:"family"`
	Depth    int    `json:"depth"`
	Variant  string `json:"variant,omitempty"`
	Block    string `json:"block,omitempty"`
	Shortcut string `json:"shortcut,omitempty"`
	Stem     string `json:"stem,omitempty"`
	Blocks   []int  `json:"blocks,omitempty"` // of each stage, where the depth doesn't say
	Groups   int    `json:"groups,omitempty"`
	Width    int    `json:"width_per_group,omitempty"`
	Plain    bool   `json:"plain"` // without skips
	Norm     string `json:"norm"`
	Classes  int    `json:"classes"`
	Params   int64  `json:"params"`            // learnable elements
	Buffers  int64  `json:"buffers"`           // elements of running statistics
	MACs     int64  `json:"macs"`              // multiply-adds per image
	Weights  string `json:"weights,omitempty"` // their source

	// Partial says what of the weights was taken, where not all of them had to fit.
	Partial *Partial `json:"partial,omitempty"`

	Lesions []string `json:"lesions,omitempty"` // in the syntax of --lesion
}

// Partial says which of a net's parameters stayed at their initialisation, since the
// weights had none of that name and shape, and which tensors of the weights were not used.
// A tensor of another shape than its parameter makes both.
type Partial struct {
	Missing []string `json:"missing"` // parameters
	Unused  []string `json:"unused"`  // tensors
}

// WeightsLine is the source of the weights, with how many of them don't fit.
func (m Model) WeightsLine() string {
	if m.Partial == nil {
		return m.Weights
	}
	return fmt.Sprintf("%s (partial: %d missing, %d unused)", m.Weights, len(m.Partial.Missing), len(m.Partial.Unused))
}

// Line describes the net, its weights and its lesions in one line.
func (m Model) Line() string {
	line := m.Arch + ", weights " + m.WeightsLine()
	for _, l := range m.Lesions {
		line += ", lesion " + l
	}
	return line
}

// Input describes the input: [N, C, H, W], and where its values come from.
type Input struct {
	Shape      tensor.Shape `json:"shape"`
	Source     string       `json:"source"`
	Preprocess *Preprocess  `json:"preprocess,omitempty"` // of pictures
}

// Total holds the statistics of whole passes, in wall time. OverheadMS is the mean
// minus the sum of the layers' means, and OverheadTypicalMS the same of typical
// times.
//
// TypicalMS is the mean over the typical passes, see Statistic, and TypicalError half
// its 95 % confidence interval as a share of it; 0 where they aren't known. Rates are
// at TypicalMS, or at MeanMS without it.
//
// CV is the coefficient of variation, as in Series. GFLOPS is direct-equivalent,
// see LayerRow. SamplesMS has the passes in the order in which they ran, evenly
// thinned to MaxSamples; sample i of each row is of the same pass.
type Total struct {
	TypicalMS         float64   `json:"typical_ms,omitempty"`
	TypicalError      Number    `json:"typical_error,omitempty"`
	MeanMS            float64   `json:"mean_ms"`
	P50MS             float64   `json:"p50_ms"`
	P95MS             float64   `json:"p95_ms"`
	MinMS             float64   `json:"min_ms"`
	CV                Number    `json:"cv"`
	ImagesPerS        Number    `json:"images_per_s"`
	OverheadTypicalMS float64   `json:"overhead_typical_ms,omitempty"`
	OverheadMS        float64   `json:"overhead_ms"`
	GFLOPS            Number    `json:"gflops"`
	SamplesMS         []float64 `json:"samples_ms,omitempty"`
}

// TimeMS returns the typical time of a pass, or the mean if that is all that is
// known.
func (t *Total) TimeMS() float64 {
	if t.TypicalMS > 0 {
		return t.TypicalMS
	}
	return t.MeanMS
}

// Roofs are Ceilings as a profile records them, in the same units. Measured says that
// they are of the machine that ran, and not of a data sheet.
type Roofs struct {
	GFLOPS   float64 `json:"gflops"`
	GBPS     float64 `json:"gbps"`
	Measured bool    `json:"measured"`
}

// LayerRow holds the statistics of one kernel, which computes one operation or
// several. Path, Call, Kind and Pass are those of the operation at its head.
// Times are per pass, as in Total; sums over rows are meaningful for typical times
// and means only. Shares and rates are of the profile's Statistic.
type LayerRow struct {
	Path     string       `json:"path"` // PyTorch's
	Call     int          `json:"call"` // of a module that is called several times, from 0
	Kind     string       `json:"kind"`
	Pass     string       `json:"pass"`               // "forward", "backward", "update"
	Part     string       `json:"part,omitempty"`     // within its block: "branch", "skip", "join"; "trunk" outside
	Absorbed []string     `json:"absorbed,omitempty"` // paths of the other operations, in order
	OutShape tensor.Shape `json:"out_shape"`          // of the last operation
	Params   int64        `json:"params"`             // learnable elements, counted in the forward pass
	MACs     int64        `json:"macs"`               // multiply-adds per image

	TypicalMS    float64 `json:"typical_ms,omitempty"`
	TypicalError Number  `json:"typical_error,omitempty"`
	MeanMS       float64 `json:"mean_ms"`
	P50MS        float64 `json:"p50_ms"`
	P95MS        float64 `json:"p95_ms"`
	MinMS        float64 `json:"min_ms"`
	CV           Number  `json:"cv"`
	Share        Number  `json:"share"` // its time over the total's

	// CPUMS is the CPU time summed over threads, measured in passes of their own. Up
	// to MeanMS × threads: what is missing, threads spent waiting.
	CPUMS float64 `json:"cpu_ms,omitempty"`

	// GFLOPS is 2·MACs·batch per time, in 10⁹ per second. It is
	// direct-equivalent: MACs are those of a direct convolution even if the kernel
	// executes fewer (Winograd), so that algorithms can be compared by it.
	GFLOPS Number `json:"gflops,omitempty"`

	// What the kernel executes and moves at least, per pass: the coordinates of the
	// roofline model. GBPS is Bytes per time in 10⁹ per second, Intensity is
	// ExecutedFLOPs per byte. Roof is the share reached of the ceiling above it.
	GBPS          Number `json:"gbps,omitempty"`
	ExecutedFLOPs int64  `json:"executed_flops"`
	Bytes         int64  `json:"bytes"`
	Intensity     Number `json:"intensity,omitempty"`
	Bound         Bound  `json:"bound,omitempty"`
	Roof          Number `json:"roof,omitempty"`

	Kernel    string    `json:"kernel"` // the device's name of it
	SamplesMS []float64 `json:"samples_ms,omitempty"`
}

// Describe identifies a net in reports. weights says where its weights come from.
func Describe(m *resnet.Model, weights string) Model {
	c := m.Config
	d := Model{
		Arch:    m.Name,
		Family:  c.Family.String(),
		Depth:   c.Depth,
		Plain:   c.Plain,
		Norm:    c.Norm.String(),
		Classes: c.Classes,
		Params:  m.Total.Params,
		Buffers: m.Total.Buffers,
		MACs:    m.Total.MACs,
		Weights: weights,
	}
	for _, l := range m.Lesions {
		d.Lesions = append(d.Lesions, l.String())
	}
	if c.Family == resnet.VGG {
		return d
	}
	d.Variant, d.Block = c.Variant.String(), c.Block.String()
	if !c.Plain {
		d.Shortcut = c.Shortcut.String()
	}
	d.describeRare(c)
	return d
}

// describeRare fills in what is as in the papers in most nets.
func (m *Model) describeRare(c resnet.Config) {
	if !c.UsualStem() {
		m.Stem = c.Stem.String()
	}
	if !c.UsualWidth() {
		m.Groups, m.Width = c.Groups, c.WidthPerGroup
	}
	m.Blocks = c.Blocks.List()
}

// SetCeilings records the ceilings and sets Bound and Roof of each row. Unknown
// ceilings are ignored.
func (p *Profile) SetCeilings(c Ceilings) {
	if !c.Known() {
		return
	}
	p.Ceilings = &Roofs{c.GFLOPS, c.GBPS, true}
	for i := range p.Layers {
		r := &p.Layers[i]
		bound, reached := c.Place(r.ExecutedFLOPs, r.Bytes, p.KernelTime(i))
		r.Bound = bound
		r.Roof = Number(reached)
	}
}

// AboveRoof returns the row that exceeds the ceiling of arithmetic by most, nil if none
// does. Then the ceiling was measured too low, such as on a busy machine.
func (p *Profile) AboveRoof() (above *LayerRow) {
	for i := range p.Layers {
		r := &p.Layers[i]
		if TooLow(r.Bound, float64(r.Roof)) && (above == nil || r.Roof > above.Roof) {
			above = r
		}
	}
	return above
}

// Reached returns the ceilings, raised by what the profile's rows have reached of
// arithmetic.
func (p *Profile) Reached(c Ceilings) Ceilings {
	for i := range p.Layers {
		r := &p.Layers[i]
		c = c.Raised(r.ExecutedFLOPs, p.KernelTime(i), p.Runs)
	}
	return c
}

// milliseconds converts a duration to the unit of profiles.
func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// nanoseconds converts milliseconds of a profile to a duration.
func nanoseconds(ms float64) time.Duration { return time.Duration(math.Round(ms * 1e6)) }
