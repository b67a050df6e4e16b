package gpu

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

var rewrite = flag.Bool("update", false, "write what is counted to docs/gpu.md")

// page is where readers find what is counted here.
const page = "../../docs/gpu.md"

// TestTilesAreCounted: the instructions that the choice of tiles goes by are those of the
// compiled kernels; shared memory is read four values at a time, and each value read
// serves as many multiply-adds as the tile can give.
func TestTilesAreCounted(t *testing.T) {
	for _, tile := range tiles {
		for way, name := range wayNames {
			if !tile.takes(way) {
				continue
			}
			d := direction{way: way}
			c := counted(t, &d, &tile)
			if slab, around := round(c.slab()), round(c.around); slab != tile.slab[way] || around != tile.around[way] {
				t.Errorf("%s %d×%d: %d instructions a slab and %d around, not %d and %d",
					name, tile.rows(), tile.cols(), slab, around, tile.slab[way], tile.around[way])
			}
			if want := float64(slabTerms * tile.tm * tile.tn); c.fma != want {
				t.Errorf("%s %d×%d: %v multiply-adds a slab, not %v", name, tile.rows(), tile.cols(), c.fma, want)
			}
			operands := float64(slabTerms * (tile.tm + tile.tn))
			if c.sharedWords != 4*c.sharedReads || c.sharedWords > operands+8 {
				t.Errorf("%s %d×%d: %v reads of %v values a slab, for operands of %v", name, tile.rows(), tile.cols(), c.sharedReads, c.sharedWords, operands)
			}
		}
	}
}

// counted counts a tile's kernel for a 3×3 window, whose sum goes through blocks of
// channels where it can.
func counted(t *testing.T, d *direction, tile *tile) tally {
	t.Helper()
	code, err := os.ReadFile("../vulkan/shaders/spv/" + d.kernel(tile) + ".spv")
	if err != nil {
		t.Fatal(err)
	}
	blocked := uint32(1)
	if d.way == toWeight {
		blocked = 0
	}
	c, err := count(code, []uint32{3, 3, 1, 1, uint32(tile.threadRows), blocked})
	if err != nil {
		t.Fatalf("%s: %v", d.kernel(tile), err)
	}
	return c
}

func round(x float64) int { return int(math.Round(x)) }

// TestPage: docs/gpu.md has the tables that follow from the kernels and from the shapes of
// ResNet-50.
func TestPage(t *testing.T) {
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(have)
	for name, table := range map[string]string{
		"kernels": kernelTable(t), "batch 64": layerTable(t, 64, training), "batch 1": layerTable(t, 1, nn.Pass{}),
	} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, ok := strings.Cut(text, begin)
		old, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s lacks the marks of %s", page, name)
		}
		text = before + begin + table + end + after
		if old != table && !*rewrite {
			t.Errorf("the table of %s is not what is counted now: go test ./tensor/gpu -update", name)
		}
	}
	if *rewrite && !bytes.Equal(have, []byte(text)) {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var training = nn.TrainingStep(0.1, nn.SGD{Momentum: 0.9})

// kernelTable has a row for each tile.
func kernelTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| kernel | tile | multiply-adds | shared reads | shared writes | global | other | multiply-adds of all |\n")
	b.WriteString("| --- | --- | --: | --: | --: | --: | --: | --: |\n")
	for way := range wayNames {
		for i := range tiles {
			if !tiles[i].takes(way) {
				continue
			}
			d := direction{way: way}
			c := counted(t, &d, &tiles[i])
			fmt.Fprintf(&b, "| `%s` | %d×%d | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f %% |\n", d.kernel(&tiles[i]), tiles[i].rows(), tiles[i].cols(),
				c.fma, c.sharedReads, c.writes, c.global, c.other+c.barriers, 100*c.fma/c.slab())
		}
	}
	return b.String()
}

// product is a product of a net, as often as it occurs.
type layer struct {
	direction
	path  string
	times int
}

// layers are the different products of ResNet-50 in a pass, in order.
func layers(t *testing.T, batch int, pass nn.Pass) []*layer {
	t.Helper()
	c, err := resnet.ParseArch("resnet50")
	if err != nil {
		t.Fatal(err)
	}
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	lowered, err := m.Lower(pass)
	if err != nil {
		t.Fatal(err)
	}
	bp := &Blueprint{Plan: lowered.Plan}
	var list []*layer
	known := map[string]*layer{}
	for i := range bp.Plan.Ops {
		op := &bp.Plan.Ops[i]
		switch op.Kind {
		case tensor.Conv2d, tensor.Linear, tensor.Conv2dGradInput, tensor.LinearGradInput, tensor.Conv2dGradWeight, tensor.LinearGradWeight:
		default:
			continue
		}
		d := bp.direction(op)
		d.a, d.b = Ref{}, Ref{}
		key := fmt.Sprintf("%+v", d)
		if known[key] == nil {
			known[key] = &layer{d, op.Path, 0}
			list = append(list, known[key])
		}
		known[key].times++
	}
	return list
}

// layerTable has a row for each product, and one for all.
func layerTable(t *testing.T, batch int, pass nn.Pass) string {
	var b strings.Builder
	b.WriteString("| layer | | rows × columns × terms | tile | slices | workgroups | fill | loop | units | memory | expected |\n")
	b.WriteString("| --- | --: | --- | --- | --: | --: | --: | --: | --: | --: | --: |\n")
	type sum struct{ ideal, cycles float64 }
	var sums [3]sum
	for _, l := range layers(t, batch, pass) {
		tile, slices := l.choose(&Traits{Shared: 48 << 10})
		m := l.model(tile, slices)
		name := l.path
		if l.way != forward {
			name += ", " + wayNames[l.way]
		}
		fmt.Fprintf(&b, "| %s | %d | %d × %d × %d | %d×%d | %d | %d | %s | %s | %s | %s | %s |\n", name, l.times, l.rows, l.cols, l.depth,
			tile.rows(), tile.cols(), slices, l.count(tile, slices), percent(m.fill), percent(m.loop), percent(m.units), times(m.memory), percent(m.expected))
		s := &sums[l.way]
		s.ideal += float64(l.times) * m.ideal
		s.cycles += float64(l.times) * m.ideal / m.expected
	}
	var all sum
	for way, s := range sums {
		if s.cycles > 0 {
			fmt.Fprintf(&b, "| *all %s* | | | | | | | | | | %s |\n", wayNames[way], percent(s.ideal/s.cycles))
		}
		all.ideal, all.cycles = all.ideal+s.ideal, all.cycles+s.cycles
	}
	if all.cycles > sums[forward].cycles {
		fmt.Fprintf(&b, "| *all* | | | | | | | | | | %s |\n", percent(all.ideal/all.cycles))
	}
	return b.String()
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

func times(x float64) string { return fmt.Sprintf("%.1f×", x) }

// model is what a product is expected to reach, as shares of a GPU's peak.
type model struct {
	ideal    float64 // cycles at the peak
	fill     float64 // multiply-adds that are wanted, of those executed
	loop     float64 // multiply-adds, of all instructions of a workgroup
	units    float64 // of the units' time that workgroups run
	memory   float64 // what memory allows
	expected float64
}

// model is the model of docs/gpu.md.
func (l *layer) model(t *tile, slices int) model {
	window := l.win.KH * l.win.KW
	wanted := float64(l.y.elems()) * float64(l.x.c/l.groups*window)
	groups := float64(l.count(t, slices))
	slabs := l.slabs(slices)
	fma := slabs * float64(slabTerms*t.tm*t.tn) // of a thread
	all := slabs*float64(t.slab[l.way]) + float64(t.around[l.way])
	cycles := l.cost(t, slices)
	bytes := 4 * float64(l.x.elems()+l.y.elems()+l.y.c*l.x.c/l.groups*window)
	m := model{
		ideal: wanted / (units * schedulers * 32),
		fill:  wanted / (fma * groups * Threads),
		loop:  fma / all,
		units: all * groups * Threads / 32 / (schedulers * units * cycles),
	}
	m.memory = m.ideal / (bytes / (units * unitBytes))
	m.expected = min(m.ideal/cycles, m.memory)
	return m
}
