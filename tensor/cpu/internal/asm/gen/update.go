package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sgd updates N/16·16 floats. Products are not fused, as in every set.
func (g *gen) sgd() {
	g.function("sgd", 0, nil, variable("a", pointerTo("SGDArgs")))
	args := g.argument("a")
	w := g.GP64()
	v := g.GP64()
	grad := g.GP64()
	n := g.GP64()
	nesterov := g.GP64()
	g.MOVQ(mem(args, sgdW), w)
	g.MOVQ(mem(args, sgdV), v)
	g.MOVQ(mem(args, sgdGrad), grad)
	g.MOVQ(mem(args, sgdN), n)
	g.MOVL(mem(args, sgdNesterov), nesterov.As32())
	rate := g.vec()
	mu := g.vec()
	decay := g.vec()
	g.VBROADCASTSS(mem(args, sgdRate), rate)
	g.VBROADCASTSS(mem(args, sgdMomentum), mu)
	g.VBROADCASTSS(mem(args, sgdDecay), decay)
	x := g.vec()
	d := g.vec()
	m := g.vec()
	loop := func(name string, momentum, nesterov bool) {
		g.Label(name)
		for i := range g.parts() {
			at := i * g.vecBytes()
			g.VMOVUPS(mem(w, at), x)
			g.VMULPS(x, decay, d)
			g.VADDPS(mem(grad, at), d, d)
			if momentum {
				g.VMULPS(mem(v, at), mu, m)
				g.VADDPS(d, m, m)
				g.VMOVUPS(m, mem(v, at))
			}
			if nesterov {
				g.VMULPS(m, mu, m)
				g.VADDPS(d, m, d)
			} else if momentum {
				d, m = m, d
			}
			g.VMULPS(d, rate, d)
			g.VSUBPS(d, x, x)
			g.VMOVUPS(x, mem(w, at))
		}
		for _, p := range []reg.GPVirtual{w, v, grad} {
			g.ADDQ(operand.I32(pixelBytes), p)
		}
		g.count(n, name)
		g.ret()
	}
	g.SHRQ(operand.U8(4), n)
	g.JZ(operand.LabelRef("none"))
	g.TESTQ(v, v)
	g.JZ(operand.LabelRef("plain"))
	g.TESTQ(nesterov, nesterov)
	g.JNZ(operand.LabelRef("nesterov"))
	loop("momentum", true, false)
	loop("nesterov", true, true)
	loop("plain", false, false)
	g.Label("none")
	g.ret()
}
