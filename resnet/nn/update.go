package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"resnet-tui/tensor"
)

// SGD is stochastic gradient descent as PyTorch defines it, see tensor.SGD. Its
// learning rate is not part of it: Session.SetLearningRate sets it per step.
type SGD struct {
	Momentum float64 `json:"momentum"`  // μ in [0, 1)
	Decay    float64 `json:"decay"`     // weight decay λ, of weights only
	DecayAll bool    `json:"decay_all"` // decay biases and batch norms' parameters too, as PyTorch does by default
	Nesterov bool    `json:"nesterov"`
}

// learningRate names the scalar input of the update.
const learningRate = "learning rate"

func (s *SGD) check() error {
	switch {
	case s == nil:
		return nil
	case !(s.Momentum >= 0 && s.Momentum < 1):
		return fmt.Errorf("momentum %v: it must be from 0 to below 1", s.Momentum)
	case !(s.Decay >= 0) || math.IsInf(s.Decay, 1):
		return fmt.Errorf("weight decay %v: it must be a finite number from 0", s.Decay)
	case s.Nesterov && s.Momentum == 0:
		return errors.New("an update with Nesterov requires momentum")
	}
	return nil
}

// slotSuffix follows a parameter's name in that of its momentum buffer.
const slotSuffix = ".momentum_buffer"

// Slots are the momentum buffers of the learnable parameters, in their order.
func (m *Model) Slots() []tensor.Param {
	learnable := m.learnable()
	slots := make([]tensor.Param, len(learnable))
	for i, id := range learnable {
		p := m.Params[id]
		slots[i] = tensor.Param{Name: p.Name + slotSuffix, Shape: p.Shape, Role: tensor.Slot}
	}
	return slots
}

// withSlots is a source of parameters that fills slots with zeros.
type withSlots struct{ tensor.Source }

// Load fills a slot with zeros; the source fills anything else.
func (s withSlots) Load(p tensor.Param, t *tensor.Tensor) error {
	if p.Role == tensor.Slot {
		clear(t.Data)
		return nil
	}
	return s.Source.Load(p, t)
}

// update appends the optimiser's step on every parameter that has a gradient.
func (f *lowering) update() {
	o := f.pass.Update
	var slots []tensor.ParamID
	if o.Momentum != 0 {
		slots = f.addSlots()
	}
	for _, l := range f.model.Layers {
		for _, id := range l.Params {
			grad := f.ParamGrad[id]
			if grad == tensor.NoBuffer {
				continue
			}
			param := f.model.Params[id]
			op := tensor.Op{
				Kind: tensor.SGD, Pass: tensor.Update, Path: l.Path, Call: l.Call,
				In: []tensor.BufferID{grad}, Params: []tensor.ParamID{id},
				Momentum: o.Momentum, Nesterov: o.Nesterov, Scalar: f.scalar(learningRate),
			}
			if o.DecayAll || param.Role == tensor.Weight {
				op.Decay = o.Decay
			}
			if o.Momentum != 0 {
				op.Params = append(op.Params, slots[id])
			}
			f.add(op, l.Index)
		}
	}
}

// addSlots adds the momentum buffers to the plan's parameters. It returns their ids
// by that of the parameter; those of parameters without one mean nothing.
func (f *lowering) addSlots() []tensor.ParamID {
	params := f.model.Params
	f.Plan.Params = slices.Concat(params, f.model.Slots())
	slots := make([]tensor.ParamID, len(params))
	for i, id := range f.model.learnable() {
		slots[id] = tensor.ParamID(len(params) + i)
	}
	return slots
}
