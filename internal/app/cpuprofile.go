package app

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// labelled is an nn.Labeller: while a layer runs, workers carry its path,
// pass, kind and block, so that go tool pprof -tagfocus path=layer3 finds its
// kernels in Go's own profile of the CPU.
type labelled struct{ heads map[int]context.Context }

func newLabelled(ctx context.Context, p *tensor.Plan, kernels []tensor.KernelInfo) *labelled {
	x := &labelled{heads: make(map[int]context.Context, len(kernels))}
	for _, k := range kernels {
		op := p.Ops[k.Op]
		labels := []string{"path", op.Path, "pass", op.Pass.String(), "kind", op.Kind.String()}
		if parts := strings.SplitN(op.Path, ".", 3); len(parts) == 3 {
			labels = append(labels, "block", parts[0]+"."+parts[1])
		}
		x.heads[k.Op] = pprof.WithLabels(ctx, pprof.Labels(labels...))
	}
	return x
}

func (*labelled) Begin(*nn.Lowered) {}
func (*labelled) Span(tensor.Span)  {}
func (*labelled) End(time.Duration) {}

// Label is the context of the kernel with that head.
func (x *labelled) Label(head int) context.Context { return x.heads[head] }

// cpuProfileTime is enough for some 200 samples per thread.
const cpuProfileTime = 2 * time.Second

// cpuProfile runs passes under Go's profiler, which would disturb those that
// count, and returns what it wrote.
func cpuProfile(ctx context.Context, s *nn.Session) ([]byte, error) {
	var data bytes.Buffer
	x := newLabelled(ctx, s.Lowered().Plan, s.Kernels())
	if err := pprof.StartCPUProfile(&data); err != nil {
		return nil, err
	}
	for start := time.Now(); time.Since(start) < cpuProfileTime; {
		if err := s.Run(ctx, x); err != nil {
			pprof.StopCPUProfile()
			return nil, err
		}
	}
	pprof.StopCPUProfile()
	return data.Bytes(), nil
}
