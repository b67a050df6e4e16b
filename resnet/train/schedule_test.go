package train

import (
	"math"
	"strings"
	"testing"
)

func TestSchedules(t *testing.T) {
	const perEpoch, epochs = 10, 8
	for name, c := range map[string]struct {
		spec   string
		warmUp float64
		want   map[int]float64 // by step
	}{
		"constant": {"constant", 0, map[int]float64{0: 0.2, 79: 0.2}},
		"step":     {"step", 0, map[int]float64{0: 0.2, 39: 0.2, 40: 0.02, 59: 0.02, 60: 0.002}},
		"step at":  {"step:1,2.5", 0, map[int]float64{9: 0.2, 10: 0.02, 24: 0.02, 25: 0.002}},
		"cosine": {"cosine", 0, map[int]float64{
			0: 0.2, 20: 0.1 * (1 + math.Sqrt2/2), 40: 0.1, 60: 0.1 * (1 - math.Sqrt2/2),
		}},
		"warm-up":      {"constant", 1, map[int]float64{0: 0.02, 4: 0.1, 9: 0.2, 10: 0.2}},
		"warm cosine":  {"cosine", 2, map[int]float64{20: 0.2, 50: 0.1}},
		"only warm-up": {"cosine", 9, map[int]float64{79: 0.2 * 80 / 90}},
	} {
		s, err := ParseSchedule(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		s.Rate, s.WarmUp = 0.2, c.warmUp
		for step, want := range c.want {
			if got := s.at(step, perEpoch, epochs); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: step %d has %v, want %v", name, step, got, want)
			}
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"linear": "constant, step", "cosine:3": "constant, step", "step:x": `"x"`, "step:": `""`,
		"step:3,2": "increasing", "step:0": "above 0", "step:NaN": "above 0",
	} {
		if _, err := ParseSchedule(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
	for _, s := range []Schedule{
		{Rate: 0, Decay: Constant}, {Rate: math.NaN(), Decay: Constant}, {Rate: 1e300, Decay: Constant},
		{Rate: 1, Decay: "?"}, {Rate: 1, Decay: Cosine, WarmUp: -1},
	} {
		if s.check() == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}
