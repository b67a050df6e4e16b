package profile

import (
	"math"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Schema names the JSON of a Profile.
const Schema = "resnet-tui/profile/1"

// MaxSamples bounds the samples that a profile carries for each row.
const MaxSamples = 200

// Profile is what many passes took: its own JSON, complete in itself. A field
// that is not known is left out.
type Profile struct {
	Schema       string        `json:"schema"`
	Version      string        `json:"version,omitempty"` // of the program
	Recorded     time.Time     `json:"recorded,omitzero"` // when it ended
	Model        Model         `json:"model"`
	Device       Device        `json:"device"`
	Input        Input         `json:"input"`
	Mode         string        `json:"mode"`           // "eval" or "train": of batch norm
	Pass         *nn.Pass      `json:"pass,omitempty"` // what ran; nil: older versions did not say it, see Replay
	Fused        bool          `json:"fused"`
	Runs         int           `json:"runs"`
	Warmup       int           `json:"warmup"`
	WarmupSpread float64       `json:"warmup_spread,omitempty"` // range over median of the last passes before
	Total        Total         `json:"total"`
	Memory       Memory        `json:"memory"`
	Ceilings     *Roofs        `json:"ceilings,omitempty"`
	Recorder     *RecorderCost `json:"recorder,omitempty"`
	Machine      *Machine      `json:"machine,omitempty"`
	Layers       []LayerRow    `json:"layers,omitempty"` // one per kernel, in execution order
	Loss         *Number       `json:"loss,omitempty"`   // of the last pass, if it went backward
	Blocks       []BlockGrad   `json:"blocks,omitempty"` // and its gradients

	Trace *Trace `json:"-"` // of single passes, if it was asked for
}

// Batch is the number of images in a pass, at least 1.
func (p *Profile) Batch() int {
	if len(p.Input.Shape) == 0 {
		return 1
	}
	return max(p.Input.Shape[0], 1)
}

// Model names a net and what it holds. MACs are per image.
type Model struct {
	Arch     string `json:"arch"`
	Family   string `json:"family"`
	Depth    int    `json:"depth"`
	Variant  string `json:"variant,omitempty"`
	Block    string `json:"block,omitempty"`
	Shortcut string `json:"shortcut,omitempty"`
	Plain    bool   `json:"plain"`
	Norm     string `json:"norm"`
	Classes  int    `json:"classes"`
	Params   int64  `json:"params"`  // learnable
	Buffers  int64  `json:"buffers"` // running statistics
	MACs     int64  `json:"macs"`
	Weights  string `json:"weights,omitempty"` // where they come from

	Lesions []string `json:"lesions,omitempty"` // as the flag takes them
}

// Line names the net, its weights and its lesions.
func (m Model) Line() string {
	line := m.Arch + ", weights " + m.Weights
	for _, l := range m.Lesions {
		line += ", lesion " + l
	}
	return line
}

// Device says what ran.
type Device struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Threads   int    `json:"threads"`
	Kernels   string `json:"kernels"`
	Precision string `json:"precision"`
}

// Input says on what.
type Input struct {
	Shape  tensor.Shape `json:"shape"`
	Source string       `json:"source"`
}

// Total is the whole pass. OverheadMS is its mean less the layers' means.
type Total struct {
	MeanMS     float64   `json:"mean_ms"`
	P50MS      float64   `json:"p50_ms"`
	P95MS      float64   `json:"p95_ms"`
	MinMS      float64   `json:"min_ms"`
	CV         float64   `json:"cv"`
	ImagesPerS float64   `json:"images_per_s"`
	OverheadMS float64   `json:"overhead_ms"`
	GFLOPS     float64   `json:"gflops"` // direct-equivalent
	SamplesMS  []float64 `json:"samples_ms,omitempty"`
}

// Roofs are the measured ceilings.
type Roofs struct {
	GFLOPS   float64 `json:"gflops"`
	GBPS     float64 `json:"gbps"`
	Measured bool    `json:"measured"`
}

// LayerRow is what one kernel ran: one operation or several. GFLOPS is
// direct-equivalent: the multiply-adds of a direct convolution, whatever was
// executed. Bytes are what the kernel moves at least.
type LayerRow struct {
	Path          string       `json:"path"`
	Call          int          `json:"call"`
	Kind          string       `json:"kind"`
	Pass          string       `json:"pass"`
	Part          string       `json:"part,omitempty"`     // of its block: "skip", "branch", "join"; "trunk" outside
	Absorbed      []string     `json:"absorbed,omitempty"` // paths of the layers that ran inside this one
	OutShape      tensor.Shape `json:"out_shape"`
	Params        int64        `json:"params"`
	MACs          int64        `json:"macs"`
	MeanMS        float64      `json:"mean_ms"`
	P50MS         float64      `json:"p50_ms"`
	P95MS         float64      `json:"p95_ms"`
	MinMS         float64      `json:"min_ms"`
	CV            float64      `json:"cv"`
	Share         float64      `json:"share"`            // of the total's mean
	CPUMS         float64      `json:"cpu_ms,omitempty"` // of all threads, in passes beside those that count
	GFLOPS        float64      `json:"gflops,omitempty"`
	GBPS          float64      `json:"gbps,omitempty"` // Bytes over the mean
	ExecutedFLOPs int64        `json:"executed_flops"`
	Bytes         int64        `json:"bytes"`
	Intensity     float64      `json:"intensity,omitempty"` // executed FLOPs per byte
	Bound         Bound        `json:"bound,omitempty"`
	Roof          float64      `json:"roof,omitempty"` // part of the roof that bounds it which it reaches
	Kernel        string       `json:"kernel"`
	SamplesMS     []float64    `json:"samples_ms,omitempty"`
}

// Describe names a net in reports; weights says where its weights come from.
func Describe(m *resnet.Model, weights string) Model {
	c := m.Config
	d := Model{
		Arch: m.Name, Family: c.Family.String(), Depth: c.Depth, Plain: c.Plain, Norm: c.Norm.String(), Classes: c.Classes,
		Params: m.Total.Params, Buffers: m.Total.Buffers, MACs: m.Total.MACs, Weights: weights,
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
	return d
}

// DescribeDevice names a device with the threads that it was told to use, or
// uses by itself.
func DescribeDevice(i tensor.Info, o nn.SessionOptions) Device {
	threads := o.Threads
	if threads == 0 {
		threads = i.Cores
	}
	return Device{ID: i.ID, Name: i.Name, Threads: threads, Kernels: i.Kernels, Precision: o.Precision.String()}
}

// SetCeilings adds the roofs and places each row under them.
func (p *Profile) SetCeilings(c Ceilings) {
	if !c.Known() {
		return
	}
	p.Ceilings = &Roofs{c.GFLOPS, c.GBPS, true}
	for i := range p.Layers {
		r := &p.Layers[i]
		r.Bound, r.Roof = c.Place(r.ExecutedFLOPs, r.Bytes, time.Duration(r.MeanMS*1e6))
	}
}

// AboveRoof reports whether a layer did more arithmetic than the ceiling
// allows, so that the ceiling must be too low.
func (p *Profile) AboveRoof() bool {
	for _, r := range p.Layers {
		if r.Bound == BoundCompute && r.Roof > 1 {
			return true
		}
	}
	return false
}

// P50 is the median of what rows, by their index in Layers, took together in a
// pass, which is not the sum of their medians; 0 without rows or samples.
func (p *Profile) P50(rows []int) time.Duration {
	var sums []time.Duration
	for _, i := range rows {
		samples := p.Layers[i].SamplesMS
		if sums == nil {
			sums = make([]time.Duration, len(samples))
		}
		for pass, ms := range samples[:min(len(samples), len(sums))] {
			sums[pass] += nanoseconds(ms)
		}
	}
	return NewSeries(sums).P50
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

func nanoseconds(ms float64) time.Duration { return time.Duration(math.Round(ms * 1e6)) }
