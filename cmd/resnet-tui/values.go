package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// whole is a flag for a whole number from least to most.
type whole struct {
	to          *int
	least, most int
}

// wholeFlag adds such a flag; *to is its default, which help shows if it is not 0.
func wholeFlag(fs *pflag.FlagSet, to *int, name string, least, most int, help string) {
	fs.Var(&whole{to, least, most}, name, help)
}

func (w *whole) Type() string { return "N" }

func (w *whole) String() string {
	if w.to == nil || *w.to <= 0 {
		return ""
	}
	return strconv.Itoa(*w.to)
}

func (w *whole) Set(s string) (err error) {
	*w.to, err = wholeFrom(w.least, w.most)(s)
	return err
}

// wholeFrom reads a whole number from least to most.
func wholeFrom(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, errors.New("it must be a whole number")
		}
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("it must be from %d to %d", least, most)
		}
		return n, nil
	}
}

// optional is a flag whose variable stays nil until the flag is given.
type optional[T any] struct {
	to   **T
	read func(string) (T, error)
}

func (*optional[T]) Type() string { return "N" }

func (o *optional[T]) String() string {
	if o.to == nil || *o.to == nil {
		return ""
	}
	return fmt.Sprint(**o.to)
}

func (o *optional[T]) Set(s string) error {
	v, err := o.read(s)
	if err != nil {
		return err
	}
	*o.to = &v
	return nil
}

func readSeed(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, errors.New("it must be a whole number from 0 to 18446744073709551615")
	}
	return n, nil
}

// readQuantity reads a number from 0 that may end in k, M, G or T, and B.
func readQuantity(s string) (float64, error) {
	digits := strings.TrimSuffix(strings.TrimSpace(s), "B")
	if n := len(digits); n > 0 {
		if exponent, ok := map[byte]string{'k': "e3", 'K': "e3", 'M': "e6", 'G': "e9", 'T': "e12"}[digits[n-1]]; ok {
			digits = strings.TrimSpace(digits[:n-1]) + exponent
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0, errors.New("it must be a number from 0, for example 12.5, 26M or 300MB")
	}
	return v, nil
}

// number is a flag for a finite number from 0.
type number struct{ to *float64 }

func (number) Type() string { return "X" }

func (n number) String() string {
	if n.to == nil || *n.to == 0 {
		return ""
	}
	return strconv.FormatFloat(*n.to, 'g', -1, 64)
}

func (n number) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1e38) {
		return errors.New("it must be a number from 0")
	}
	*n.to = v
	return nil
}

// list is a flag for values with commas between them; "" is none.
type list[T any] struct {
	to   *[]T
	read func(string) (T, error)
}

func (*list[T]) Type() string { return "X,X…" }

func (l *list[T]) String() string {
	if l.to == nil {
		return ""
	}
	var text []string
	for _, v := range *l.to {
		text = append(text, fmt.Sprint(v))
	}
	return strings.Join(text, ",")
}

func (l *list[T]) Set(s string) error {
	var all []T
	if s == "" {
		*l.to = all
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		v, err := l.read(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	*l.to = all
	return nil
}

func readWhole(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return n, nil
}

func readFloat(s string) (float32, error) {
	x, err := strconv.ParseFloat(s, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return float32(x), nil
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
			return fmt.Errorf("it must be a side in pixels, for example 224 or 480x640, from 1 to %d", maxSide)
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
		given := value.GetValue()
		if given == "" {
			given = `""`
		}
		return fmt.Sprintf("--%s %s: %s", value.GetFlag().Name, given, errors.Unwrap(value))
	}
	return err.Error()
}
