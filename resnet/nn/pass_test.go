package nn_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
)

// TestPassJSON: a pass goes through JSON unchanged, and its names are those of
// the command line.
func TestPassJSON(t *testing.T) {
	frozen, sgd := step(), nn.SGD{Momentum: 0.9, Decay: 1e-4, Nesterov: true}
	frozen.FreezeStats = true
	for want, pass := range map[string]nn.Pass{
		`{"mode":"eval"}`: {},
		`{"mode":"train","freeze_stats":true,"backward":{}}`: frozen,
		`{"mode":"eval","probes":[{"at":"conv1","what":"moments"}]}`: {
			Probes: []nn.Probe{{At: "conv1", What: nn.Moments}},
		},
		`{"mode":"train","backward":{"smoothing":0.1},` +
			`"update":{"momentum":0.9,"decay":0.0001,"decay_all":false,"nesterov":true}}`: nn.TrainingStep(0.1, sgd),
		`{"mode":"eval","backward":{},"probes":[{"at":"every-layer","what":"keep"},` +
			`{"at":"every-parameter","what":"norm"},{"at":"every-block","what":"flow"},` +
			`{"at":"input","what":"norm"},{"at":"layer1.0.relu#1","what":"keep"}]}`: {
			Backward: &nn.Backward{},
			Probes: []nn.Probe{
				{At: nn.EveryLayer, What: nn.Keep}, {At: nn.EveryParameter, What: nn.Norm},
				{At: nn.EveryBlock, What: nn.Flow}, {At: nn.Input, What: nn.Norm},
				{At: "layer1.0.relu#1", What: nn.Keep},
			},
		},
	} {
		data, err := json.Marshal(pass)
		if err != nil || string(data) != want {
			t.Errorf("%s (%v), want %s", data, err, want)
		}
		var back nn.Pass
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, pass) {
			t.Errorf("%s comes back as %+v (%v)", data, back, err)
		}
	}
}

// TestPassJSONRefuses: what no pass can mean is an error that lists what can.
func TestPassJSONRefuses(t *testing.T) {
	for text, says := range map[string]string{
		`{"mode":"training"}`: `"training" must be one of eval, train`,
		`{"mode":""}`:         `"" must be one of eval, train`,
		`{"probes":[{"at":"conv1","what":"histogram"}]}`: `"histogram" must be one of moments, norm, keep, flow`,
	} {
		if err := json.Unmarshal([]byte(text), new(nn.Pass)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, pass := range []nn.Pass{{Mode: 2}, {Probes: []nn.Probe{{At: "conv1"}}}, {Probes: []nn.Probe{{What: 255}}}} {
		if data, err := json.Marshal(pass); err == nil {
			t.Errorf("%+v is written as %s", pass, data)
		}
	}
}
