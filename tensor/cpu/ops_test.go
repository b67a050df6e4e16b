package cpu

import (
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// TestOps compares each operation alone with the reference, at odd sizes.
func TestOps(t *testing.T) {
	type build func(p *planner, r *rand.Rand, x tensor.BufferID) (y tensor.BufferID, scalars []float32)
	window := func(r *rand.Rand) tensor.Window { return tensor.Square(2+r.IntN(2), 1+r.IntN(3), r.IntN(2)) }
	for name, f := range map[string]build{
		"relu": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) { return p.relu(x), nil },
		"norm": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.norm(x, false), nil
		},
		"batch statistics": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.norm(x, true), nil
		},
		"batch statistics, addition, relu": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.relu(p.add(p.norm(x, true), x, tensor.NoScalar)), nil
		},
		"batch statistics, norm": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.norm(p.norm(x, true), false), nil
		},
		"addition": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.add(x, p.relu(x), tensor.NoScalar), nil
		},
		"scaled addition": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.add(x, p.relu(x), p.scalar("α")), []float32{0.3}
		},
		"max pool": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.maxPool(x, window(r), false), nil
		},
		"max pool, zeros": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.maxPool(x, window(r), true), nil
		},
		"max pool of a window wider than its padding": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.maxPool(x, tensor.Window{KH: 3, KW: 3, SH: 2, SW: 2, Bottom: 1, Right: 1}, false), nil
		},
		"global average pool": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.avgPool(x, 1, 1), nil
		},
		"average pool": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.avgPool(x, 1+r.IntN(8), 1+r.IntN(8)), nil
		},
		"pad": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.pad(x, 1+r.IntN(3), r.IntN(40), r.IntN(40)), nil
		},
		"flatten": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.flatten(x), nil
		},
		"flatten of pixels": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.flatten(p.avgPool(x, 1, 1)), nil
		},
		"linear": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.linear(p.flatten(x), 1+r.IntN(50), r.IntN(2) == 0), nil
		},
		"linear, relu": func(p *planner, r *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.relu(p.linear(p.flatten(x), 1+r.IntN(50), true)), nil
		},
		"dropout in eval mode": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.dropout(x, 0.5, false, tensor.NoScalar), nil
		},
		"dropout": func(p *planner, _ *rand.Rand, x tensor.BufferID) (tensor.BufferID, []float32) {
			return p.dropout(x, 0.3, true, p.scalar("seed")), []float32{7}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSet(t, func(t *testing.T, d tensor.Device) {
				r := rand.New(rand.NewPCG(5, 6))
				for i := range 12 {
					var p planner
					x := p.input(1+r.IntN(4), 1+r.IntN(40), 3+r.IntN(15), 3+r.IntN(15))
					y, scalars := f(&p, r, x)
					p.moments(y)
					if i%2 == 0 { // a reader that wants a halo, where it can
						if len(p.shape(y)) == 4 {
							p.output(p.conv(y, 5, tensor.Square(3, 1, 1), 1, false))
						}
					}
					p.output(y)
					compare(t, d, &p.Plan, uint64(i), tensor.Options{Threads: 2, Fuse: i%3 > 0}, 3e-6, scalars...)
				}
			})
		})
	}
}

func TestRunningStatisticsMove(t *testing.T) {
	eachSet(t, func(t *testing.T, d tensor.Device) {
		var p planner
		p.output(p.norm(p.input(3, 21, 5, 4), true))
		prog, s := compile(t, d, &p.Plan, 1, tensor.Options{Threads: 2})
		before := s.Version()
		runs(t, prog, &p.Plan, 1, nil)
		r := reference(t, &p.Plan, 1, nil)
		for _, name := range []string{"p2", "p3"} {
			x := tensor.New(21)
			if err := s.Read(name, x); err != nil {
				t.Fatal(err)
			}
			if e := distance(x.Data, r.Param(name)); e > 1e-6 {
				t.Errorf("%s: relative error %g", name, e)
			}
		}
		if s.Version() == before {
			t.Error("the state's version did not move")
		}
	})
}

func TestTrainNormNeedsTwoValues(t *testing.T) {
	var p planner
	p.output(p.norm(p.input(1, 8, 1, 1), true))
	d := open(t, "")
	s, _ := d.NewState(p.Params, values{1})
	if _, err := d.Compile(&p.Plan, s, tensor.Options{}); err == nil {
		t.Error("one value a channel was accepted")
	}
}
