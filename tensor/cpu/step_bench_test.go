package cpu

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// trainingPlan is the training step of a net: forward, loss, backward, with
// probes at blocks and SGD if asked for.
func trainingPlan(t testing.TB, arch string, batch int, blocks, update bool) *tensor.Plan {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	o := nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}}
	if blocks {
		o.Probes = []nn.Probe{{At: nn.EveryBlock, What: nn.Flow}}
	}
	if update {
		o.Update = &nn.SGD{Momentum: 0.9, Decay: 1e-4}
	}
	l, err := m.Lower(o)
	if err != nil {
		t.Fatal(err)
	}
	l.Plan.Buffers[l.Target].Name = "target"
	return l.Plan
}

// BenchmarkStep times a training step of the net that the flags of BenchmarkNet
// name; with -layers also each kind of operation and the slowest kernels.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"plain", "blocks", "update"} {
		b.Run(name, func(b *testing.B) { benchmarkStep(b, name == "blocks", name == "update") })
	}
}

func benchmarkStep(b *testing.B, blocks, update bool) {
	flagInt := func(name string) int {
		n, _ := strconv.Atoi(flag.Lookup(name).Value.String())
		return n
	}
	plan := trainingPlan(b, flag.Lookup("arch").Value.String(), flagInt("batch"), blocks, update)
	exact := flag.Lookup("exact").Value.String() == "true"
	p, _ := compile(b, open(b, ""), plan, 1, tensor.Options{Fuse: true, Threads: flagInt("threads"), Exact: exact})
	for _, id := range plan.Find(tensor.Input) {
		if err := p.Write(id, tensortest.InputValues(plan, id, 1)); err != nil {
			b.Fatal(err)
		}
	}
	times := groupTimes{}
	o := tensor.RunOptions{Scalars: slices.Repeat([]float32{1e-4}, len(plan.Scalars))}
	if flag.Lookup("layers").Value.String() == "true" {
		o.Observe = times.span
	}
	least := time.Hour
	for b.Loop() {
		start := time.Now()
		clear(times.now)
		if err := p.Run(context.Background(), o); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(start))
		times.keep()
	}
	b.ReportMetric(float64(least)/1e6, "best-ms")
	m := p.Memory()
	b.ReportMetric(float64(m.Total())/1e6, "MB")
	if o.Observe != nil {
		times.print(p)
	}
}

// groupTimes keeps each group's best time, from its first span to its last.
type groupTimes struct{ now, best map[int][2]time.Duration }

func (g *groupTimes) span(s tensor.Span) {
	if g.now == nil {
		g.now, g.best = map[int][2]time.Duration{}, map[int][2]time.Duration{}
	}
	t, ok := g.now[s.Op]
	if !ok || s.Start < t[0] {
		t[0] = s.Start
	}
	g.now[s.Op] = [2]time.Duration{t[0], max(t[1], s.End)}
}

func (g *groupTimes) keep() {
	for op, t := range g.now {
		if b, ok := g.best[op]; !ok || t[1]-t[0] < b[1]-b[0] {
			g.best[op] = t
		}
	}
}

func (g *groupTimes) print(p *program) {
	type row struct {
		name         string
		time         time.Duration
		flops, bytes int64
	}
	kinds := map[string]*row{}
	var all []row
	for _, k := range p.Kernels() {
		op := &p.plan.Ops[k.Op]
		r := row{fmt.Sprintf("%v %v %s %v %v", op.Kind, op.Path, k.Name, p.plan.InShape(k.Op), p.plan.OutShape(k.Op)), g.best[k.Op][1] - g.best[k.Op][0], k.FLOPs, k.Bytes}
		all = append(all, r)
		name := fmt.Sprintf("%v %v", op.Pass, op.Kind)
		if kinds[name] == nil {
			kinds[name] = &row{name: name}
		}
		kinds[name].time += r.time
		kinds[name].flops += r.flops
		kinds[name].bytes += r.bytes
	}
	order := func(a, b row) int { return int(b.time - a.time) }
	slices.SortFunc(all, order)
	var sums []row
	var total time.Duration
	for _, r := range kinds {
		sums = append(sums, *r)
		total += r.time
	}
	slices.SortFunc(sums, order)
	for _, r := range append(sums, all[:min(len(all), 40)]...) {
		fmt.Printf("%8.2f ms %6.1f GFLOP/s %6.1f GB/s %s\n", float64(r.time)/1e6, float64(r.flops)/float64(r.time), float64(r.bytes)/float64(r.time), r.name)
	}
	fmt.Printf("sum of best %.1f ms\n", float64(total)/1e6)
}
