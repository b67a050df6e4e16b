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
	if n := len(digits); n > 0 {
		if exponent, ok := map[byte]string{'k': "e3", 'K': "e3", 'M': "e6", 'G': "e9", 'T': "e12"}[digits[n-1]]; ok {
			digits = strings.TrimSpace(digits[:n-1]) + exponent
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return errors.New("it must be a number of at least 0, as 12.5, 26M or 300MB")
	}
	q.value, q.given = v, true
	return nil
}
