package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// quantity is a flag for a number that may end in k, M, G or T, and B.
type quantity struct {
	value float64
	given bool
}

func (*quantity) Type() string { return "N" }

func (q *quantity) String() string {
	if q == nil || !q.given {
		return ""
	}
	return strconv.FormatFloat(q.value, 'g', -1, 64)
}

func (q *quantity) Set(s string) error {
	digits := strings.TrimSuffix(strings.TrimSpace(s), "B")
	factor := 1.0
	if n := len(digits); n > 0 {
		if f, ok := map[byte]float64{'k': 1e3, 'K': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12}[digits[n-1]]; ok {
			factor, digits = f, strings.TrimSpace(digits[:n-1])
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v*factor, 0) || v < 0 {
		return errors.New("it must be a number of at least 0, as 12.5, 26M or 300MB")
	}
	q.value, q.given = v*factor, true
	return nil
}
