package nn

import (
	"errors"
	"fmt"
	"slices"
)

// Pass says what one pass over a net computes, and what can be read of it
// afterwards. The zero value is inference. It is plain data: a Model is lowered
// to it, a session runs it, and a profile records it as JSON. What its pointers
// and its slice hold must not be changed while anything uses it.
type Pass struct {
	Mode Mode `json:"mode"`
	// FreezeStats keeps the running statistics as they are; otherwise every
	// pass in train mode moves them.
	FreezeStats bool      `json:"freeze_stats,omitempty"`
	Backward    *Backward `json:"backward,omitempty"` // nil: the forward pass alone
	Update      *SGD      `json:"update,omitempty"`   // nil: parameters stay; needs Backward
	Probes      []Probe   `json:"probes,omitempty"`
}

// Mode is how a pass treats batch norm and dropout.
type Mode uint8

// The modes.
const (
	Eval  Mode = iota // normalise by the running statistics; dropout does nothing
	Train             // normalise by the batch's own statistics; dropout draws a mask per pass
)

var modeNames = [...]string{Eval: "eval", Train: "train"}

// String is the mode's name in JSON and flags: "eval" or "train".
func (m Mode) String() string { return nameOf(modeNames[:], int(m)) }

// MarshalText writes the mode's name.
func (m Mode) MarshalText() ([]byte, error) { return marshalName(modeNames[:], int(m)) }

// UnmarshalText reads a mode's name.
func (m *Mode) UnmarshalText(text []byte) error {
	i, err := findName(modeNames[:], string(text))
	*m = Mode(i)
	return err
}

// Backward adds to a pass the mean cross-entropy of its logits, and the
// gradients of that loss; or, with From, the gradients of something else.
type Backward struct {
	// Smoothing of the labels, in [0, 1]: ε of Szegedy et al. 2016 (arXiv 1512.00567).
	Smoothing float64 `json:"smoothing,omitempty"`
	// From names a layer (see At) at whose output the backward pass begins, with a
	// gradient that Session.SetSeed gives, its seed s: all gradients are then those of
	// ⟨s, output⟩, and there is no loss. A seed that is 1 at one class and 0
	// elsewhere makes them the gradients of that class's logit.
	From At `json:"from,omitempty"`
	// NoParams leaves out the gradients of parameters.
	NoParams bool `json:"no_params,omitempty"`
}

// TrainingStep is the pass that trains a net: forward in train mode, loss,
// gradients and update. What differs between training runs is an argument.
func TrainingStep(smoothing float64, sgd SGD) Pass {
	return Pass{Mode: Train, Backward: &Backward{Smoothing: smoothing}, Update: &sgd}
}

// smoothing is that of the loss, 0 if there is none.
func (p *Pass) smoothing() float64 {
	if p.Backward == nil {
		return 0
	}
	return p.Backward.Smoothing
}

// check reports what does not depend on a net.
func (p *Pass) check() error {
	if _, err := p.Mode.MarshalText(); err != nil {
		return err
	}
	if s := p.smoothing(); !(s >= 0 && s <= 1) {
		return fmt.Errorf("label smoothing %v: it must be from 0 to 1", s)
	}
	switch b := p.Backward; {
	case p.Update != nil && (b == nil || b.NoParams):
		return errors.New("an update needs the gradients of a backward pass")
	case b != nil && b.From != "" && b.Smoothing != 0:
		return fmt.Errorf("a backward pass from %s has no loss whose labels could be smoothed", b.From)
	}
	return p.Update.check()
}

// nameOf is the i-th name; a value beyond them is a mistake that it shows.
func nameOf(names []string, i int) string {
	if i >= len(names) || names[i] == "" {
		return fmt.Sprintf("invalid(%d)", i)
	}
	return names[i]
}

// marshalName is the i-th name as JSON has it.
func marshalName(names []string, i int) ([]byte, error) {
	if i >= len(names) || names[i] == "" {
		return nil, fmt.Errorf("%d has no name: it must be one of %s", i, listNames(names))
	}
	return []byte(names[i]), nil
}

// findName is the index of a name.
func findName(names []string, name string) (int, error) {
	i := slices.Index(names, name)
	if i < 0 || name == "" {
		return 0, fmt.Errorf("%q must be one of %s", name, listNames(names))
	}
	return i, nil
}
