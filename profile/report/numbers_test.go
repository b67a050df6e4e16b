package report

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
)

// finite lists the plain floats in the JSON of reports, by their names, with the
// reason why they are never NaN or infinite. Names that end in _ms are durations,
// which are integers at first, and their sums and means.
var finite = map[string]string{
	"accuracy":      "0 without images",
	"seconds":       "a duration",
	"warmup_spread": "divided by at least a nanosecond",
	"preempted":     "divided by at least one pass",
	"others_cores":  "clamped to the number of processors",
	"p_value":       "a probability; without one the test fails",
	"p_adjusted":    "made of p-values",
	"train_loss":    "training ends before an epoch whose loss isn't finite",
	"train_error":   "divided by at least one image",
	"test_loss":     "nil if it isn't finite",
	"test_error":    "nil without images",
}

// finiteTypes lists types whose plain floats are finite, with the reason.
var finiteTypes = map[reflect.Type]string{
	reflect.TypeFor[profile.Roofs]():   "only made of ceilings that are known, which are finite",
	reflect.TypeFor[train.SeedStats](): "made of values that are finite",
	reflect.TypeFor[train.Settings]():  "from flags, which refuse others",
	reflect.TypeFor[nn.Pass]():         "from flags, which refuse others",
}

// TestReportsHaveJSON: a float of a report either is a Number, which JSON can
// represent whatever its value, or has a reason to be finite.
func TestReportsHaveJSON(t *testing.T) {
	for schema, r := range schemas() {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			v := fields(r)
			fill(v)
			spoil(t, v, schema, bad)
			data := write(t, r, "json")
			if !json.Valid(data) {
				t.Errorf("%s with %v is not JSON:\n%s", schema, bad, data)
			}
		}
	}
}

// spoil sets every float at or below v that may be anything to bad, and reports
// the plain ones that have no reason to be finite. path is that of v.
func spoil(t *testing.T, v reflect.Value, path string, bad float64) {
	t.Helper()
	name := path[strings.LastIndexByte(path, '.')+1:]
	if _, ok := finiteTypes[v.Type()]; ok {
		return
	}
	if row, ok := v.Interface().(Row); ok {
		row[0] = float32(bad)
		return
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		switch {
		case v.Type() == reflect.TypeFor[Number]():
			v.SetFloat(bad)
		case finite[name] == "" && !strings.HasSuffix(name, "_ms"):
			t.Errorf("%s is a %v and may be %v", path, v.Type(), bad)
		}
	case reflect.Pointer:
		spoil(t, v.Elem(), path, bad)
	case reflect.Slice:
		for i := range v.Len() {
			spoil(t, v.Index(i), path, bad)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || tag == "-" {
				continue
			}
			if f.Anonymous {
				tag = f.Name
			}
			spoil(t, v.Field(i), path+"."+tag, bad)
		}
	}
}
