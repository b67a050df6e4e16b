package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sgd emits a step of SGD for N/16·16 parameters; the caller does the rest. Products
// are rounded before they are added, as in every instruction set, so that all sets give
// the same bits. There is a loop for each kind of step, so that none
// branches inside: memory is their limit, and they run at its speed.
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
	s := g.newSGDStep(args)
	s.w = w
	s.v = v
	s.grad = grad
	s.n = n

	g.SHRQ(operand.U8(4), n)
	g.JZ(operand.LabelRef("none"))
	g.TESTQ(v, v)
	g.JZ(operand.LabelRef("plain"))
	g.TESTQ(nesterov, nesterov)
	g.JNZ(operand.LabelRef("nesterov"))
	s.loop("momentum", true, false)
	s.loop("nesterov", true, true)
	s.loop("plain", false, false)
	g.Label("none")
	g.ret()
}

// sgdStep holds the registers of sgd.
type sgdStep struct {
	*gen
	w, v, grad      reg.GPVirtual   // the parameters, their momentum and gradients
	n               reg.GPVirtual   // blocks of 16 that are left
	rate, mu, decay reg.VecPhysical // constants in every lane
	x, d, m         reg.VecPhysical // a parameter, its direction and momentum
}

func (g *gen) newSGDStep(args reg.GPVirtual) *sgdStep {
	s := &sgdStep{gen: g}
	s.rate = g.vec()
	s.mu = g.vec()
	s.decay = g.vec()
	g.VBROADCASTSS(mem(args, sgdRate), s.rate)
	g.VBROADCASTSS(mem(args, sgdMomentum), s.mu)
	g.VBROADCASTSS(mem(args, sgdDecay), s.decay)
	s.x = g.vec()
	s.d = g.vec()
	s.m = g.vec()
	return s
}

// loop emits one loop over all blocks of 16 parameters, and returns at its end.
func (s *sgdStep) loop(name string, momentum, nesterov bool) {
	s.Label(name)
	for i := range s.parts() {
		s.parameters(i*s.vecBytes(), momentum, nesterov)
	}
	for _, p := range []reg.GPVirtual{s.w, s.v, s.grad} {
		s.ADDQ(operand.I32(pixelBytes), p)
	}
	s.count(s.n, name)
	s.ret()
}

// parameters moves one vector of parameters, at bytes from the pointers:
//
//	d := grad + decay·w
//	v = mu·v + d, and d becomes v, or d + mu·v with Nesterov
//	w -= rate·d
func (s *sgdStep) parameters(at int, momentum, nesterov bool) {
	s.VMOVUPS(mem(s.w, at), s.x)
	s.VMULPS(s.x, s.decay, s.d)
	s.VADDPS(mem(s.grad, at), s.d, s.d)
	if momentum {
		s.VMULPS(mem(s.v, at), s.mu, s.m)
		s.VADDPS(s.d, s.m, s.m)
		s.VMOVUPS(s.m, mem(s.v, at))
	}
	if nesterov {
		s.VMULPS(s.m, s.mu, s.m)
		s.VADDPS(s.d, s.m, s.d)
	} else if momentum {
		s.d, s.m = s.m, s.d // the roles change, which costs no instruction
	}
	s.VMULPS(s.d, s.rate, s.d)
	s.VSUBPS(s.d, s.x, s.x)
	s.VMOVUPS(s.x, mem(s.w, at))
}
