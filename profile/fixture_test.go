package profile

import (
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// smallNet is a tree of two stages with three layers, in two groups and a
// probe: conv1+relu, conv2, Moments of conv2.
func smallNet() (*nn.Model, *nn.Lowered) {
	root := &nn.Module{Kind: "ResNet"}
	var layers []*nn.Layer
	add := func(stage *nn.Module, name string, kind tensor.Kind) {
		m := &nn.Module{Name: name, Path: stage.Name + "." + name, Parent: stage}
		l := &nn.Layer{Index: len(layers), Path: m.Path, Kind: kind, Module: m}
		m.Layers = []*nn.Layer{l}
		stage.Children = append(stage.Children, m)
		layers = append(layers, l)
	}
	first, second := &nn.Module{Name: "a", Path: "a", Parent: root}, &nn.Module{Name: "b", Path: "b", Parent: root}
	root.Children = []*nn.Module{first, second}
	add(first, "conv1", tensor.Conv2d)
	add(first, "relu", tensor.ReLU)
	add(second, "conv2", tensor.Conv2d)
	l := &nn.Lowered{
		Plan:    &tensor.Plan{Ops: make([]tensor.Op, 4)},
		OpLayer: []int{0, 1, 2, -1},
		Groups:  []tensor.Group{{Head: 0, Absorbed: []int{1}}, {Head: 2}, {Head: 3}},
	}
	return &nn.Model{Root: root, Layers: layers}, l
}

// pass plays one pass of smallNet to r, two workers a group.
func pass(r *Recorder, l *nn.Lowered, wall time.Duration, groups ...time.Duration) {
	r.Begin(l)
	at := time.Duration(0)
	for i, d := range groups {
		head := l.Groups[i].Head
		r.Span(tensor.Span{Op: head, Worker: 0, Start: at, End: at + d/2})
		r.Span(tensor.Span{Op: head, Worker: 1, Start: at + d/4, End: at + d})
		at += d
	}
	r.End(wall)
}
