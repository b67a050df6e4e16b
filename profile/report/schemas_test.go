package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// schemas returns an empty report of every schema.
func schemas() map[string]Report {
	return map[string]Report{
		RunSchema:             &Run{},
		SummarySchema:         &Summary{},
		CountsSchema:          &Counts{},
		CompareSchema:         &Compare{},
		EvalSchema:            &Eval{},
		TrainSchema:           &Train{},
		TrainHistorySchema:    &TrainHistory{},
		InfoSchema:            &Info{},
		MapsSchema:            &Maps{},
		ExplainSchema:         &Explain{},
		FieldSchema:           &UnitField{},
		StatsSchema:           &Stats{},
		ExciteSchema:          &Excite{},
		DiagnoseSchema:        &Diagnosis{},
		RulesSchema:           &DiagnoseRules{},
		SimilaritySchema:      &Similarity{},
		profile.Schema:        Profile{Profile: &profile.Profile{}},
		profile.SweepSchema:   Sweep{&profile.Sweep{}},
		profile.DiffSchema:    Diff{Diff: &profile.Diff{}},
		profile.CheckSchema:   Checks{&profile.Checks{}},
		profile.HistorySchema: &History{},
	}
}

// fields returns the struct that holds a report's fields.
func fields(r Report) reflect.Value {
	v := reflect.ValueOf(r)
	if v.Kind() == reflect.Struct { // a report that only embeds package profile's
		v = v.Field(0)
	}
	return v.Elem()
}

// TestSchemas pins the JSON of every schema with every field filled in, so that
// no field goes, changes its name or its place unnoticed. A new field shows up
// in a golden by itself.
func TestSchemas(t *testing.T) {
	for schema, r := range schemas() {
		t.Run(strings.NewReplacer("resnet-tui/", "", "/", "-").Replace(schema), func(t *testing.T) {
			v := fields(r)
			fill(v)
			v.FieldByName("Schema").SetString(schema)
			golden.RequireEqual(t, write(t, r, "json"))
		})
	}
}

// TestSchemasAreUsed: every constructor names its schema.
func TestSchemasAreUsed(t *testing.T) {
	run := newRun(t, true)
	side := Side{Run: run, Profile: newProfile(t).Profile}
	for want, got := range map[string]string{
		RunSchema:          run.Schema,
		SummarySchema:      summaryOf(t, tinyNet, SummaryOptions{Count: "macs"}).Schema,
		CountsSchema:       NewCounts(build(t, tinyNet)).Schema,
		CompareSchema:      NewCompare(side, side).Schema,
		EvalSchema:         NewEval(train.Score{}).Schema,
		TrainSchema:        NewTrain(train.Comparison{}, nil, "").Schema,
		TrainHistorySchema: NewTrainHistory("", nil).Schema,
		ExciteSchema:       someExcite().Schema,
		StatsSchema:        NewStats().Schema,
		SimilaritySchema:   someSimilarity().Schema,
		MapsSchema:         NewMaps(tensor.New(1, 1, 1, 1), 0).Schema,
		ExplainSchema:      NewExplain(&inspect.Explanation{W: 1}, inspect.Options{}, nil).Schema,
		FieldSchema:        NewUnitField(&inspect.UnitField{}, inspect.Unit{}).Schema,
		profile.Schema:     newProfile(t).Schema,
		RulesSchema:        NewDiagnoseRules().Schema,
	} {
		if got != want {
			t.Errorf("schema %s, want %s", got, want)
		}
	}
}

// fill sets every exported field below v: numbers to 1, texts to "text", lists
// to one element.
func fill(v reflect.Value) {
	if special, ok := specials[v.Type()]; ok {
		v.Set(reflect.ValueOf(special))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint64:
		v.SetUint(1)
	default:
		panic(fmt.Sprintf("fill can't set a %v", v.Type()))
	}
}

// specials holds values of types that can't be filled field by field.
var specials = map[reflect.Type]any{
	reflect.TypeFor[nn.Mode]():       nn.Train,
	reflect.TypeFor[Figures]():       Figures{"mean": Number(1.5), "channels": []int{1, 2}},
	reflect.TypeFor[nn.What]():       nn.Moments,
	reflect.TypeFor[time.Time]():     time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC),
	reflect.TypeFor[tensor.Shape]():  tensor.Shape{2, 3, 32, 64},
	reflect.TypeFor[profile.Pixel](): profile.Pixel{Height: 32, Width: 64},
}
