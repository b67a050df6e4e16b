package profile

import (
	"math"
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit Unit
		v    float64
		want string
	}{
		{Time, 0, "0 ns"},
		{Time, 62, "62 ns"},
		{Time, 12.34, "12.3 ns"},
		{Time, 999, "999 ns"},
		{Time, 999.6, "1.00 µs"},
		{Time, 9994, "9.99 µs"},
		{Time, 9996, "10.0 µs"},
		{Time, 710e3, "710 µs"},
		{Time, 999_600, "1.00 ms"},
		{Time, 46.71e6, "46.7 ms"},
		{Time, 1.5e9, "1.50 s"},
		{Time, 4321e9, "4321 s"},
		{Time, -4.21e6, "-4.21 ms"},
		{Count, 7, "7"},
		{Count, 1000, "1.00 k"},
		{Count, 9538, "9.54 k"},
		{Count, 44_549_160, "44.5 M"},
		{Count, 7.801e9, "7.80 G"},
		{Bytes, 512, "512 B"},
		{Bytes, 178_196_640, "178 MB"},
		{Bytes, 2.5e9, "2.50 GB"},
		{Flops, 334e9, "334 GFLOP/s"},
		{Flops, 22.04e9, "22.0 GFLOP/s"},
	} {
		if got := c.unit.Figure(c.v).String(); got != c.want {
			t.Errorf("Figure(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestFixedUnit(t *testing.T) {
	for _, c := range []struct {
		v      float64
		symbol string
		want   string
	}{
		{62e3, "ms", "0.0620 ms"},
		{1234e6, "ms", "1234 ms"},
		{46.71e6, "µs", "46710 µs"},
		{710e3, "ns", "710000 ns"},
		{710e3, "fortnight", "710 µs"},
		{0, "ms", "0 ms"},
	} {
		if got := Time.In(c.v, c.symbol).String(); got != c.want {
			t.Errorf("In(%v, %s) = %q, want %q", c.v, c.symbol, got, c.want)
		}
	}
}

func TestSignificant(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{1, "1.00"}, {0.1, "0.100"}, {9.996, "10.0"}, {99.96, "100"}, {999.9, "1000"}, {1e-7, "1e-07"},
		{-3.14159, "-3.14"}, {math.NaN(), "NaN"}, {math.Inf(1), "+Inf"},
	} {
		if got := Significant(c.v); got != c.want {
			t.Errorf("Significant(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestShareAndUnknown(t *testing.T) {
	for _, c := range []struct {
		part float64
		want string
	}{{1, "100 %"}, {0.638, "63.8 %"}, {0.001, "0.1 %"}, {0.9996, "100 %"}, {0, "0.0 %"}, {math.NaN(), Dash}} {
		if got := FormatShare(c.part); got != c.want {
			t.Errorf("FormatShare(%v) = %q, want %q", c.part, got, c.want)
		}
	}
	if got := (Figure{}).String(); got != Dash {
		t.Errorf("an unknown figure prints %q", got)
	}
	if got := FormatTime(62 * time.Microsecond); got != "62.0 µs" {
		t.Errorf("FormatTime: %q", got)
	}
	if a, b := FormatCount(512), FormatBytes(1500); a != "512" || b != "1.50 kB" {
		t.Errorf("counts: %q, bytes: %q", a, b)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 44_549_160: "44,549,160"} {
		if got := Grouped(n, ","); got != want {
			t.Errorf("Grouped(%d) = %s", n, got)
		}
	}
}

// TestFormatChange: small changes are percentages, large ones factors, in either direction.
func TestFormatChange(t *testing.T) {
	for part, want := range map[float64]string{
		0: "+0.0 %", 0.125: "+12.5 %", -0.5: "-50.0 %", 8.99: "+899.0 %", 9: "×10.0", 1566.74: "×1568", -0.89: "-89.0 %",
		-0.92: "÷12.5", -0.9995: "÷2000", -1: "-100.0 %",
	} {
		if got := FormatChange(part); got != want {
			t.Errorf("%g is %q, want %q", part, got, want)
		}
	}
}
