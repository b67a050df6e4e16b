package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// whole is a flag for a whole number from least to most.
type whole struct {
	to          *int
	least, most int
}

// wholeFlag adds such a flag; *to is its default, which help shows if it is
// not 0.
func wholeFlag(fs *pflag.FlagSet, to *int, name, short string, least, most int, help string) {
	fs.VarP(&whole{to, least, most}, name, short, help)
}

func (w *whole) Type() string { return "N" }

func (w *whole) String() string {
	if w.to == nil || *w.to <= 0 {
		return ""
	}
	return strconv.Itoa(*w.to)
}

func (w *whole) Set(s string) error {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errors.New("it must be a whole number")
	}
	if err != nil || n < w.least || n > w.most {
		return fmt.Errorf("it must be from %d to %d", w.least, w.most)
	}
	*w.to = n
	return nil
}

// size is a flag for an image's height and width: N or HxW.
type size struct{ height, width *int }

func (*size) Type() string { return "N|HxW" }

func (s *size) String() string {
	if s.height == nil || *s.height == 0 {
		return ""
	}
	return fmt.Sprintf("%dx%d", *s.height, *s.width)
}

func (s *size) Set(v string) error {
	h, w, both := strings.Cut(strings.ToLower(v), "x")
	if !both {
		w = h
	}
	for _, side := range []struct {
		text string
		to   *int
	}{{h, s.height}, {w, s.width}} {
		n, err := strconv.Atoi(side.text)
		if err != nil || n < 1 || n > maxSide {
			return fmt.Errorf("it must be pixels a side, as 224 or 480x640, from 1 to %d", maxSide)
		}
		*side.to = n
	}
	return nil
}

// choice is a flag for one of several words.
type choice struct {
	to    *string
	words []string
}

func (c *choice) Type() string { return strings.Join(c.words, "|") }

func (c *choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

func (c *choice) Set(s string) error {
	for _, w := range c.words {
		if s == w {
			*c.to = s
			return nil
		}
	}
	return fmt.Errorf("it must be one of %s", strings.Join(c.words, ", "))
}

// flagMistake says what is wrong with a flag, with the flag first.
func flagMistake(err error) string {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return fmt.Sprintf("--%s %s: %s", value.GetFlag().Name, value.GetValue(), errors.Unwrap(value))
	}
	return err.Error()
}

// integers reads a list like 3,7.
func integers(list string) ([]int, error) {
	var ns []int
	for _, s := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", s)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// floats reads a list like 0.485,0.456,0.406; an empty one is nil.
func floats(list string) ([]float32, error) {
	if list == "" {
		return nil, nil
	}
	var xs []float32
	for _, s := range strings.Split(list, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", s)
		}
		xs = append(xs, float32(x))
	}
	return xs, nil
}
