package nn

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// Probe is something that a pass keeps so that it can be read afterwards.
type Probe struct {
	At   At   `json:"at"`
	What What `json:"what"`
}

// What is the quantity that a probe takes.
type What uint8

// The quantities.
const (
	Moments  What = iota + 1 // mean and population standard deviation of a layer's output, over the batch
	Norm                     // L2 norm of the gradient of a parameter or of the net's input
	Keep                     // all values of a layer's output, or of the gradient of a parameter or of the net's input
	Flow                     // a block's gradients through its skip and its branch, see BlockGradient
	Gradient                 // all values of the gradient at a layer's output

	// Statistics, with histogram, of a layer's output, or of the gradient of a parameter or
	// of the net's input; of a parameter's values before the update. Either also by channel.
	Stats
	ChannelStats
	ParamStats
	ParamChannelStats
)

var whatNames = [...]string{
	Moments: "moments", Norm: "norm", Keep: "keep", Flow: "flow", Gradient: "gradient",
	Stats: "stats", ChannelStats: "channel-stats", ParamStats: "param-stats", ParamChannelStats: "param-channel-stats",
}

// String is the quantity's name in JSON: "moments".
func (w What) String() string { return nameOf(whatNames[:], int(w)) }

// MarshalText writes the quantity's name.
func (w What) MarshalText() ([]byte, error) { return marshalName(whatNames[:], int(w)) }

// UnmarshalText reads a quantity's name.
func (w *What) UnmarshalText(text []byte) error {
	i, err := findName(whatNames[:], string(text))
	*w = What(i)
	return err
}

// At names where in a net a probe looks: one of the constants below, or what
// the net itself calls the place:
//
//	layer2.0.conv1         the output of a layer; of one that is called several times, the last call's
//	layer2.0.relu#0        the output of that call, from 0
//	layer2.0.conv1.weight  the gradient of a parameter, or its values
//	layer2.0               the gradients at a block
type At string

// Places that every net has. Input is the net's input, whose gradient is probed.
//
// A session whose device fuses layers takes EveryLayer as every layer whose
// output is the result of a kernel, so that its probes prevent no fusion; a
// probe that names its layer always gets it.
const (
	EveryLayer     At = "every-layer"
	EveryParameter At = "every-parameter" // that gets a gradient, or each that can if its values are probed
	EveryBlock     At = "every-block"
	Input          At = "input"
)

// At names the layer's output. Calls of a module that is called several times
// differ in their number.
func (l *Layer) At() At {
	if len(l.Module.Layers) < 2 {
		return At(l.Path)
	}
	return At(l.Path + "#" + strconv.Itoa(l.Call))
}

// String is the probe as errors name it: "probe moments at conv1".
func (p Probe) String() string { return fmt.Sprintf("probe %v at %s", p.What, p.At) }

// place is the kind of thing that an At names.
type place uint8

const (
	atLayer place = iota
	atParameter
	atBlock
	atInput
)

var placeNames = [...]string{atLayer: "a layer", atParameter: "a parameter", atBlock: "a block", atInput: "the input"}

// goesWith are the places where a quantity can be taken.
func (w What) goesWith() []place {
	switch w {
	case Moments, Gradient:
		return []place{atLayer}
	case Norm:
		return []place{atParameter, atInput}
	case Keep, Stats, ChannelStats:
		return []place{atLayer, atParameter, atInput}
	case ParamStats, ParamChannelStats:
		return []place{atParameter}
	case Flow:
		return []place{atBlock}
	}
	return nil
}

// targets are the places that a probe names, as indices into the model's
// layers, learnable parameters or blocks. visible are the layers that
// EveryLayer means.
func (m *Model) targets(p Probe, visible []int) (place, []int, error) {
	if _, err := p.What.MarshalText(); err != nil {
		return 0, nil, fmt.Errorf("probe at %s: %w", p.At, err)
	}
	kind, indices, err := m.find(p.At, visible)
	if err != nil {
		return 0, nil, fmt.Errorf("%v: %w", p, err)
	}
	if fits := p.What.goesWith(); !slices.Contains(fits, kind) {
		return 0, nil, fmt.Errorf("%v: that is %s; %v can be taken at %s",
			p, placeNames[kind], p.What, listPlaces(fits))
	}
	return kind, indices, nil
}

// find looks a place up by its name.
func (m *Model) find(at At, visible []int) (place, []int, error) {
	switch at {
	case EveryLayer:
		return atLayer, visible, nil
	case EveryParameter:
		return atParameter, m.learnable(), nil
	case EveryBlock:
		return atBlock, upTo(len(m.Blocks())), nil
	case Input:
		return atInput, []int{0}, nil
	}
	name := string(at)
	if i := m.findLayer(name); i >= 0 {
		return atLayer, []int{i}, nil
	}
	if i := slices.IndexFunc(m.Params, func(p tensor.Param) bool { return p.Name == name }); i >= 0 {
		if !m.Params[i].Role.Learnable() {
			return 0, nil, errors.New("it is a running statistic, which has no gradient")
		}
		return atParameter, []int{i}, nil
	}
	if i := slices.IndexFunc(m.Blocks(), func(b *Module) bool { return b.Path == name }); i >= 0 {
		return atBlock, []int{i}, nil
	}
	return 0, nil, fmt.Errorf("%s has no layer, parameter or block of that name", m.Name)
}

// findLayer is the index of a layer by its path, or path and call; −1 if there
// is none.
func (m *Model) findLayer(name string) int {
	path, number, numbered := strings.Cut(name, "#")
	found := -1
	for i, l := range m.Layers {
		if l.Path == path && (!numbered || strconv.Itoa(l.Call) == number) {
			found = i
		}
	}
	return found
}

// learnable are the indices of the parameters that can have a gradient.
func (m *Model) learnable() []int {
	indices := make([]int, 0, len(m.Params))
	for i, p := range m.Params {
		if p.Role.Learnable() {
			indices = append(indices, i)
		}
	}
	return indices
}

// upTo are the numbers from 0 below n.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// listNames are names for an error.
func listNames(names []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" }), ", ")
}

// listPlaces are places for an error.
func listPlaces(places []place) string {
	var names []string
	for _, p := range places {
		names = append(names, placeNames[p])
	}
	return strings.Join(names, " or ")
}
