package oracle

import (
	"path/filepath"

	"resnet-tui/tensor"
)

// Inspection holds what the program shows of what is in a net, as PyTorch computes it in
// float64 in eval mode, by testdata/oracle/inspections.py.
type Inspection struct {
	Name    string
	Arch    string
	Shape   tensor.Shape // of the input
	Classes int
	Seeds   []uint64 // of the images: see Input
	Calm    float32  // what the classifier's parameters are divided by: see Load
	// Margin is how near a value comes to where a ReLU or a max pool changes sides,
	// relative to the RMS of its layer.
	Margin  float64
	Stats   InspectionStats
	Explain Explanation
	Fields  []Field
	Excite  *Excitement // nil: not computed
}

// InspectionStats describe a net's tensors; the gradients are those of the mean
// cross-entropy.
type InspectionStats struct {
	Target    []int
	Layers    []TensorStats // every call's output, in execution order
	Params    []TensorStats
	Gradients []TensorStats
	Channels  []ChannelStats // of a few layers
	// Float32 has the largest errors of PyTorch itself in float32, relative to a
	// tensor's deviation.
	Float32 struct{ Layers, Gradients float64 }
}

// TensorStats describe a tensor: a call's output by Path and Call, a parameter or its
// gradient by Name.
type TensorStats struct {
	Path      string
	Name      string
	Call      int
	Shape     tensor.Shape
	Mean, Std float64 // population
	Min, Max  float64
	L2        float64
	Histogram PowerHistogram
}

// PowerHistogram counts values with 2^(First+i) ≤ |x| < 2^(First+i+1) by their sign.
type PowerHistogram struct {
	First              int
	Negative, Positive []int64
	Zero               int64
}

// ChannelStats describe each channel of an output.
type ChannelStats struct {
	Path           string
	Mean, Std, Max []float64
	Zeros          []int64
}

// Explanation says why one image got a class.
type Explanation struct {
	Image        int // in the batch
	Class        int
	Score, Black float64 // the class's logit, and that of an image of zeros
	GradCAM      []GradCAM
	Gradient     Packed  // of the score by the image, C×H×W
	Integrated   Packed  // integrated gradients from black in 32 steps, C×H×W
	Completeness float64 // of the latter
	Patch        int     // of the occlusion
	Stride       int
	Occlusion    [][]float64     // nil: not computed
	Areas        map[string]Area // by method, whose heat orders the pixels
	// Float32 has the largest errors of PyTorch itself in float32, relative to a map's
	// range.
	Float32 struct{ GradCAM, Gradient, Integrated, Occlusion float64 }
}

// GradCAM is a map before its ReLU. Skip and Branch, which add up to it, are nil of what
// is no block with a skip.
type GradCAM struct {
	At           string
	Map          [][]float64
	Skip, Branch [][]float64
}

// Area is that under the class's probability while pixels are deleted or inserted.
type Area struct{ Deletion, Insertion float64 }

// Field is what a unit sees of the explained image.
type Field struct {
	At   string
	Unit [3]int // channel, row, column
	Box  Box    // in theory; it may reach beyond the image
	// Support is where the gradient is not 0, nil if nowhere.
	Support   *Box
	Norm, Sum float64 // of the gradient
	Mass      []struct {
		Share float64
		Box
	}
	Branches []float64 // norms of the gradient by the number of branches, nil of what is no block with a skip
}

// Box is a rectangle of pixels. Bottom and Right are exclusive.
type Box struct{ Top, Left, Bottom, Right int }

// Excitement has the images that excite channels most.
type Excitement struct {
	Images int // see Images
	Rows   []struct {
		At     string
		Origin Box           // the theoretical field of row 0, column 0
		Top    [][]Excitator // by channel, the largest first
	}
}

// Excitator is the largest value of a channel in an image.
type Excitator struct {
	Image int
	Value float64
	Y, X  int
}

// Similarity has linear CKA between outputs of two nets.
type Similarity struct {
	Images  int // see Images
	Shape   tensor.Shape
	Classes int
	Rows    []struct {
		ArchA    string   `json:"a_arch"`
		ArchB    string   `json:"b_arch"`
		A, B     []string // paths
		Biased   [][]float64
		Debiased [][]float64
		Float32  struct{ Biased, Debiased float64 } // the largest errors of PyTorch itself
	}
}

// similarity is the name of the golden of similarities.
const similarity = "similarity"

// InspectionNames lists all goldens of inspections.
func InspectionNames() ([]string, error) {
	all, err := names("inspections")
	var nets []string
	for _, name := range all {
		if name != similarity {
			nets = append(nets, name)
		}
	}
	return nets, err
}

// LoadInspection reads a golden of inspections.
func LoadInspection(name string) (*Inspection, error) {
	g := &Inspection{}
	return g, read(filepath.Join("inspections", name), g)
}

// LoadSimilarity reads the golden of similarities.
func LoadSimilarity() (*Similarity, error) {
	s := &Similarity{}
	return s, read(filepath.Join("inspections", similarity), s)
}

// Input is the golden's batch. Each image has a stream of its own: of many, those were
// taken whose values stay far from where a ReLU or a max pool changes sides.
func (g *Inspection) Input() *tensor.Tensor {
	t := tensor.New(g.Shape...)
	image := len(t.Data) / len(g.Seeds)
	for i, seed := range g.Seeds {
		tensor.NewStream(seed, "input").Normals(t.Data[i*image:(i+1)*image], 0, 1)
	}
	return t
}

// Load fills t as Source does, but for a calmer classifier, so that its probabilities are
// neither 0 nor 1.
func (g *Inspection) Load(p tensor.Param, t *tensor.Tensor) error {
	if err := (Source{}).Load(p, t); err != nil {
		return err
	}
	if p.Name == "fc.weight" || p.Name == "fc.bias" {
		for i := range t.Data {
			t.Data[i] /= g.Calm
		}
	}
	return nil
}
