package app

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
)

// namesNet reports whether a configuration says which net it is, not just how it differs
// from the usual one.
func namesNet(c resnet.Config) bool {
	return c.Arch != "" || c.Family != resnet.FamilyDefault || c.Depth != 0 || c.Blocks != resnet.Blocks{}
}

// netOfWeights is the net that a spec leaves to its weights: the one that their names and
// shapes fit, changed to what the spec asks for.
func (s *Spec) netOfWeights(l Listener) (resnet.Config, error) {
	f, err := openCheckpoint(s.Weights)
	if err != nil {
		return s.Net, refuse("{weights}: %w", err)
	}
	defer f.Close()
	if err := f.Whole(); err != nil {
		return s.Net, refuse("{weights}: %w", err)
	}
	var nets []resnet.Config
	choice := &checkpoint.ChoiceError{File: s.Weights, Fit: true}
	for _, set := range f.Sets() {
		if c, ok := resnet.Identify(set.Tensors()); ok {
			nets = append(nets, c)
			choice.Sets, choice.Is = append(choice.Sets, set), append(choice.Is, describeNet(c))
		}
	}
	if len(nets) == 0 {
		return s.Net, refuse("{weights}: %s: its %d tensors (%s) are no net's that this program can tell by their names "+
			"and shapes: name the net, as {arch} resnet50", s.Weights, len(f.Names()), quotedNames(f.Names()))
	}
	for _, c := range nets[1:] {
		if c != nets[0] {
			return s.Net, refuse("{weights}: %w", choice)
		}
	}
	c := s.Net.Over(nets[0])
	s.sayAlike(c, l)
	return c, nil
}

// sayAlike says which other nets the weights of a spec fit that doesn't ask for one.
func (s *Spec) sayAlike(c resnet.Config, l Listener) {
	c, err := c.Resolve()
	if err != nil {
		return // as building it will say
	}
	var fields []string
	for _, other := range c.Alike() {
		asked := other.Field == "variant" && s.Net.Variant != resnet.VariantDefault ||
			other.Field != "variant" && s.Net.Shortcut != resnet.ShortcutDefault
		if !asked {
			fields = append(fields, strings.TrimSpace("{"+other.Field+"} "+other.Value))
		}
	}
	if len(fields) > 0 {
		l.notice("%s is taken for "+describeNet(c)+"; its names and shapes fit "+strings.Join(fields, ", ")+" as well",
			s.Weights)
	}
}

// describeNet names a net, with its classes if they are known.
func describeNet(c resnet.Config) string {
	name := c.Arch
	if c.Block == resnet.Bottleneck && c.Family == resnet.ImageNet && c.Variant == resnet.V15 {
		name += " (v1.5)"
	}
	if c.Classes > 0 {
		return fmt.Sprintf("%s with %d classes", name, c.Classes)
	}
	return name + " without its classifier"
}

// explainMatch adds to the error of weights that don't fit the net m what they do fit.
func explainMatch(err error, asked resnet.Config, m *resnet.Model) error {
	var mismatch *checkpoint.MatchError
	var choice *checkpoint.ChoiceError
	switch {
	case errors.As(err, &mismatch):
		advice, args := adviseNet(mismatch, asked, m)
		return refuse("{weights} for %s: %w"+advice, append([]any{m.Name, err}, args...)...)
	case errors.As(err, &choice) && !choice.Fit:
		for _, set := range choice.Sets {
			is := ""
			if found, ok := resnet.Identify(set.Tensors()); ok {
				is = describeNet(found)
			}
			choice.Is = append(choice.Is, is)
		}
	}
	return refuse("{weights} for %s: %w", m.Name, err)
}

// adviseNet is what to ask for instead of the net m, and the arguments of its format.
func adviseNet(e *checkpoint.MatchError, asked resnet.Config, m *resnet.Model) (advice string, args []any) {
	found, ok := resnet.Identify(e.Set.Tensors())
	if ok {
		found = closestTo(found, m.Config, e.Set)
	}
	c := m.Config
	same := found.Arch == c.Arch && cmp.Or(found.Classes, c.Classes) == c.Classes && found.Channels == c.Channels
	switch {
	case ok && !same:
		advice = "; its tensors are those of %s: {arch} %s" + extentFields(found, asked)
		if found.Classes == 0 {
			advice += " {partial}"
		}
		return advice, []any{describeNet(found), found.Arch}
	case 2*e.Found > len(m.Params):
		return "; {partial} takes the %d tensors that fit", []any{e.Found}
	}
	return "", nil
}

// extentFields are the classes and channels of a net that its name leaves open, where
// they aren't the usual ones or others are asked for.
func extentFields(found, asked resnet.Config) (fields string) {
	usual := usualExtents(found)
	for _, x := range []struct {
		field               string
		found, asked, usual int
	}{
		{"classes", found.Classes, asked.Classes, usual.Classes},
		{"channels", found.Channels, asked.Channels, usual.Channels},
	} {
		if x.found != 0 && (x.found != x.usual || x.asked != 0 && x.asked != x.found) {
			fields += fmt.Sprintf(" {%s} %d", x.field, x.found)
		}
	}
	return fields
}

// usualExtents are the classes and channels of a net that asks for none.
func usualExtents(c resnet.Config) resnet.Config {
	c.Classes, c.Channels = 0, 0
	c, err := c.Resolve()
	if err != nil {
		return resnet.Config{}
	}
	return c
}

// closestTo is the net asked, with the classes and channels of the net that was found, if
// the set fits that too: names and shapes don't tell all nets apart. Else it is the one
// that was found.
func closestTo(found, asked resnet.Config, set *checkpoint.Set) resnet.Config {
	asked.Classes, asked.Channels = cmp.Or(found.Classes, asked.Classes), found.Channels
	m, err := resnet.Build(asked)
	if err != nil {
		return found
	}
	for _, name := range set.Match(m.Params).Missing {
		if found.Classes != 0 || !strings.HasPrefix(name, "fc.") {
			return found
		}
	}
	m.Config.Classes = found.Classes
	return m.Config
}
