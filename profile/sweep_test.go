package profile

import (
	"encoding/json"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

func TestSweep(t *testing.T) {
	var s Sweep
	for _, r := range []struct {
		batch, threads int
		perS           float64
	}{{1, 1, 50}, {2, 1, 92}, {4, 1, 100}, {8, 1, 99}, {1, 2, 120}} {
		s.Add(&Profile{
			Input: Input{Shape: tensor.Shape{r.batch, 3, 224, 224}}, Device: Device{Threads: r.threads},
			Total: Total{MeanMS: float64(r.batch) / r.perS * 1e3, ImagesPerS: r.perS}, Memory: Memory{PredictedBytes: 7},
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
