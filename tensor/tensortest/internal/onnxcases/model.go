package onnxcases

import (
	"encoding/binary"
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// array is a TensorProto: float32 values, or integers.
type array struct {
	name   string
	dtype  int // 1 is float32, 7 int64, 9 bool
	shape  tensor.Shape
	floats []float32
	ints   []int
}

// The element types that cases are read in.
const (
	float32Type = 1
	int64Type   = 7
	boolType    = 9
)

func parseArray(m message) (array, error) {
	var a array
	var raw []byte
	err := m.each(func(f field) (err error) {
		switch f.number {
		case 1:
			a.shape, err = f.ints(a.shape)
		case 2:
			a.dtype = int(f.num)
		case 4:
			raw = append(raw, f.bytes...) // float_data, packed
		case 5, 7:
			a.ints, err = f.ints(a.ints) // int32_data, int64_data
		case 8:
			a.name = string(f.bytes)
		case 9:
			raw = f.bytes
		}
		return err
	})
	if err != nil {
		return a, err
	}
	return a, a.decode(raw)
}

// decode reads raw_data by the element type.
func (a *array) decode(raw []byte) error {
	switch a.dtype {
	case float32Type:
		for ; len(raw) >= 4; raw = raw[4:] {
			a.floats = append(a.floats, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
		if err := a.shape.Check(); err != nil || a.shape.Elems() != len(a.floats) {
			return fmt.Errorf("tensor %s of shape %v has %d elements", a.name, a.shape, len(a.floats))
		}
	case int64Type:
		for ; len(raw) >= 8; raw = raw[8:] {
			a.ints = append(a.ints, int(binary.LittleEndian.Uint64(raw)))
		}
	case boolType:
		for _, b := range raw {
			a.ints = append(a.ints, int(b))
		}
	}
	return nil
}

// node is a NodeProto.
type node struct {
	op      string
	inputs  []string
	float   map[string]float64
	integer map[string]int
	list    map[string][]int
	text    map[string]string
}

func parseNode(m message) (node, error) {
	n := node{
		float: map[string]float64{}, integer: map[string]int{}, list: map[string][]int{}, text: map[string]string{},
	}
	err := m.each(func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, string(f.bytes))
		case 4:
			n.op = string(f.bytes)
		case 5:
			return n.parseAttribute(f.bytes)
		}
		return nil
	})
	return n, err
}

func (n *node) parseAttribute(m message) error {
	name := ""
	return m.each(func(f field) (err error) {
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			n.float[name] = float64(math.Float32frombits(uint32(f.num)))
		case 3:
			n.integer[name] = int(f.num)
		case 4:
			n.text[name] = string(f.bytes)
		case 8:
			n.list[name], err = f.ints(n.list[name])
		}
		return err
	})
}

// graph is the part of a ModelProto that cases need.
type graph struct {
	nodes   []node
	inputs  []string
	weights map[string]array
}

func parseModel(m message) (graph, error) {
	g := graph{weights: map[string]array{}}
	err := m.each(func(f field) error {
		if f.number != 7 {
			return nil
		}
		return message(f.bytes).each(g.parseField)
	})
	return g, err
}

func (g *graph) parseField(f field) error {
	switch f.number {
	case 1:
		n, err := parseNode(f.bytes)
		g.nodes = append(g.nodes, n)
		return err
	case 5:
		a, err := parseArray(f.bytes)
		g.weights[a.name] = a
		return err
	case 11:
		return message(f.bytes).each(func(f field) error {
			if f.number == 1 {
				g.inputs = append(g.inputs, string(f.bytes))
			}
			return nil
		})
	}
	return nil
}
