package nn

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lesion is one change to one block y = f(F(x) + S(x)) that leaves the net's
// parameters as they are (Veit et al. 2016, arXiv 1605.06431).
type Lesion struct {
	Path  string // the block's
	Kind  LesionKind
	Alpha float64 // of ScaleBranch
	Other string  // of Swap: the other block's path
}

// LesionKind is what a lesion does to its block.
type LesionKind uint8

// The lesions.
const (
	CutSkip     LesionKind = iota + 1 // y = f(F)
	DropBranch                        // y = f(S)
	ScaleBranch                       // y = f(αF + S); α is a scalar input
	Swap                              // two blocks exchange their positions
	Freeze                            // no gradient for its parameters; its statistics are the running ones, and stay
)

var lesionNames = [...]string{
	CutSkip: "cut-skip", DropBranch: "drop-branch", ScaleBranch: "scale", Swap: "swap", Freeze: "freeze",
}

// String is the lesion's name in flags: "drop-branch".
func (k LesionKind) String() string { return lesionNames[k] }

// String is the lesion as ParseLesion reads it: "layer3.5=scale:0.5".
func (l Lesion) String() string {
	s := l.Path + "=" + l.Kind.String()
	switch l.Kind {
	case ScaleBranch:
		s += ":" + strconv.FormatFloat(l.Alpha, 'g', -1, 64)
	case Swap:
		s += ":" + l.Other
	}
	return s
}

// ParseLesion reads PATH=cut-skip|drop-branch|scale:ALPHA|swap:OTHER|freeze.
// Whether a net has that block is checked when the lesion is applied.
func ParseLesion(s string) (Lesion, error) {
	path, what, ok := strings.Cut(s, "=")
	if !ok || path == "" {
		return Lesion{}, fmt.Errorf("lesion %q: it must read BLOCK=LESION, such as layer1.0=drop-branch", s)
	}
	name, argument, has := strings.Cut(what, ":")
	l := Lesion{Path: path}
	for k, n := range lesionNames {
		if n != "" && n == name {
			l.Kind = LesionKind(k)
		}
	}
	takes := l.Kind == ScaleBranch || l.Kind == Swap
	switch {
	case l.Kind == 0:
		return l, fmt.Errorf("lesion %q: %q must be one of cut-skip, drop-branch, scale:ALPHA, swap:OTHER, freeze",
			s, name)
	case has && !takes:
		return l, fmt.Errorf("lesion %q: %s takes no value after a colon", s, name)
	case takes && argument == "":
		return l, fmt.Errorf("lesion %q: %s needs a value after a colon, "+
			"such as layer1.0=scale:0.5 or layer1.1=swap:layer1.2", s, name)
	case l.Kind == Swap:
		l.Other = argument
	case l.Kind == ScaleBranch:
		v, err := strconv.ParseFloat(argument, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(float64(float32(v)), 0) {
			return l, fmt.Errorf("lesion %q: α must be a finite number of float32, not %q", s, argument)
		}
		l.Alpha = v
	}
	return l, nil
}
