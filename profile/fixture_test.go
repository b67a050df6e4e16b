package profile

import (
	"testing"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// smallKernels holds the kernels of smallNet: conv1+relu, conv2, Moments of conv2.
func smallKernels() []tensor.KernelInfo {
	return []tensor.KernelInfo{
		{Op: 0, Absorbed: []int{1}, Name: "winograd", FLOPs: 1e6, Bytes: 2000},
		{Op: 2, Name: "direct", FLOPs: 2000, Bytes: 1000},
		{Op: 3, Name: "moments", FLOPs: 10, Bytes: 100},
	}
}

// smallNet is a tree of two stages with three layers and a probe.
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
	}
	return &nn.Model{Root: root, Layers: layers}, l
}

// kernelsOf are the kernels that a device would run.
func kernelsOf(t testing.TB, l *nn.Lowered, fuse bool) []tensor.KernelInfo {
	t.Helper()
	e, err := tensortest.Reference().Estimate(l.Plan, tensor.Options{Fuse: fuse})
	if err != nil {
		t.Fatal(err)
	}
	return e.Kernels
}

// smallRecorder records the passes of smallNet.
func smallRecorder(capacity int) *Recorder {
	_, l := smallNet()
	return NewRecorder(l, smallKernels(), capacity)
}

// pass plays one pass to r, whose kernels take these times.
func pass(r *Recorder, wall time.Duration, kernels ...time.Duration) {
	r.Begin(r.lowered)
	play(r, kernels...)
	r.End(wall)
}

// play sends the spans of the first kernels.
func play(r *Recorder, kernels ...time.Duration) {
	at := time.Duration(0)
	for i, d := range kernels {
		r.Span(tensor.Span{Op: r.kernels[i].Op, Start: at, End: at + d})
		at += d
	}
}
