package diagnose

import (
	"math"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Param is what a parameter or a running statistic holds. Figures are of its finite
// values, summed in float64.
type Param struct {
	tensor.Param
	Layer *nn.Layer // the first that uses it

	NaN, Inf, Zeros int
	Mean, Std       float64 // population
	Min, Max, L2    float64
	Distinct        int       // different values, counted up to manyValues
	Tail            int       // equal values at its end
	Hash            uint64    // of its values
	Rows            []Row     // of a weight: by its first dimension, the output channel
	Values          []float32 // of anything else
}

// Row is the part of a weight that makes one output channel.
type Row struct {
	L2   float64
	Hash uint64
}

// manyValues is where different values are counted no further.
const manyValues = 257

// showing is a command that shows the values; of a running statistic, what it normalises.
func (p *Param) showing() []string {
	if p.Role.Learnable() {
		return showing(p.Name)
	}
	return showing(p.Layer.Path)
}

// isWeight reports whether it is the weight of a convolution or a linear layer.
func (p *Param) isWeight() bool { return p.Role == tensor.Weight }

// elements is the number of its values.
func (p *Param) elements() int { return p.Shape.Elems() }

// rms is the root of the mean square.
func (p *Param) rms() float64 { return p.L2 / math.Sqrt(float64(p.elements())) }

// fanOut is the number of values that one input value contributes to in a plane.
func (p *Param) fanOut() int {
	n := p.Shape[0]
	for _, k := range p.Shape[2:] {
		n *= k
	}
	return n
}

// fanIn is the number of values that make one output value.
func (p *Param) fanIn() int { return p.elements() / p.Shape[0] }

// describe fills in the figures of a parameter's values.
func (p *Param) describe(t *tensor.Tensor) {
	p.Min, p.Max = math.Inf(1), math.Inf(-1)
	sum, squares := 0.0, 0.0
	p.Hash = hashStart
	rows := 1
	if p.isWeight() {
		rows = t.Shape[0]
	} else {
		p.Values = slices.Clone(t.Data)
	}
	for i := range rows {
		row, own := Row{Hash: hashStart}, 0.0
		for _, v := range t.Data[i*len(t.Data)/rows : (i+1)*len(t.Data)/rows] {
			row.Hash = hash(row.Hash, v)
			x := float64(v)
			if x-x != 0 { // NaN or infinite
				p.countLost(x)
				continue
			}
			if x == 0 {
				p.Zeros++
			}
			sum += x
			own += x * x
			p.Min, p.Max = min(p.Min, x), max(p.Max, x)
		}
		squares += own
		p.Hash = p.Hash*hashPrime ^ row.Hash
		row.L2 = math.Sqrt(own)
		p.Rows = append(p.Rows, row)
	}
	n := float64(max(len(t.Data)-p.NaN-p.Inf, 1))
	p.Mean = sum / n
	p.Std = math.Sqrt(max(squares/n-p.Mean*p.Mean, 0))
	p.L2 = math.Sqrt(squares)
	p.Distinct, p.Tail = countDistinct(t.Data), tail(t.Data)
}

// countLost counts a value that isn't finite.
func (p *Param) countLost(x float64) {
	if x != x {
		p.NaN++
	} else {
		p.Inf++
	}
}

// FNV-1a's constants, on whole float32 values in place of bytes.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

// hash adds a value to a hash.
func hash(h uint64, v float32) uint64 {
	h = (h ^ uint64(math.Float32bits(v))) * hashPrime
	return h ^ h>>29
}

// countDistinct counts different values, up to manyValues.
func countDistinct(values []float32) int {
	seen := make(map[float32]bool, manyValues)
	for _, v := range values {
		if seen[v] = true; len(seen) == manyValues {
			break
		}
	}
	return len(seen)
}

// tail is the number of values at the end that equal the last.
func tail(values []float32) int {
	n := 0
	for n < len(values) && values[len(values)-1-n] == values[len(values)-1] {
		n++
	}
	return n
}
