package profile

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// TestSweepWithoutNumbers: figures that JSON has no number for are null and don't
// keep the rest from being written; they are NaN when they are read back.
func TestSweepWithoutNumbers(t *testing.T) {
	var s Sweep
	lost := Total{MeanMS: 1, CV: Number(math.NaN()), ImagesPerS: Number(math.Inf(1)), GFLOPS: Number(math.Inf(-1))}
	s.Add(&Profile{Total: lost})
	s.MarkKnees()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"mean_ms":1,`, `"cv":null,`, `"images_per_s":null,`, `"gflops":null`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	var back Total
	text, err := json.Marshal(lost)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil || !math.IsNaN(float64(back.CV)) || back.MeanMS != 1 {
		t.Errorf("read back %+v (%v)", back, err)
	}
}

func TestSweep(t *testing.T) {
	var s Sweep
	for _, r := range []struct {
		batch, threads int
		perS           Number
	}{{1, 1, 50}, {2, 1, 92}, {4, 1, 100}, {8, 1, 99}, {1, 2, 120}} {
		s.Add(&Profile{
			Input: Input{Shape: tensor.Shape{r.batch, 3, 224, 224}}, Device: Device{Threads: r.threads},
			Total: Total{MeanMS: float64(r.batch) / float64(r.perS) * 1e3, ImagesPerS: r.perS}, Memory: Memory{PredictedBytes: 7},
		})
	}
	s.MarkKnees()
	for i, r := range s.Rows {
		if r.Knee != (i == 1) {
			t.Errorf("row %d: knee %v", i, r.Knee)
		}
	}
	data, err := json.Marshal(s.Rows[0])
	if err != nil || !strings.HasPrefix(string(data), `{"batch":1,"size":224,"threads":1,"mean_ms":20,`) {
		t.Errorf("%s (%v)", data, err)
	}
	if data, _ := json.Marshal(Pixel{480, 640}); string(data) != `"480x640"` {
		t.Errorf("%s", data)
	}
}
