package asm

import (
	"reflect"
	"testing"
	"unsafe"
)

// TestOffsets holds the fields of every argument struct to the offsets that the
// assembly was generated with, and the generator to know every field.
func TestOffsets(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("all assembly is for 64 bits")
	}
	known := map[string]int{}
	for _, o := range generatedOffsets {
		known[o.name]++
		if o.assembly != o.compiler {
			t.Errorf("%s.%s is at %d, and the assembly looks for it at %d: change gen/offsets.go and generate again",
				o.name, o.field, o.compiler, o.assembly)
		}
	}
	for _, s := range []any{
		ConvArgs{}, WinoInArgs{}, WinoOutArgs{}, EltArgs{}, PoolArgs{},
		GradWeightArgs{}, NormGradArgs{}, SGDArgs{}, PoolGradArgs{}, CountArgs{}, FigureSums{}, PairArgs{}, MatrixArgs{}, GatherArgs{}, MatrixGradArgs{}, TransposeArgs{},
	} {
		r := reflect.TypeOf(s)
		fields := 0
		for i := range r.NumField() {
			if r.Field(i).Name != "_" {
				fields++
			}
		}
		if known[r.Name()] != fields {
			t.Errorf("the generator knows %d fields of %s, which has %d", known[r.Name()], r.Name(), fields)
		}
		delete(known, r.Name())
	}
	if len(known) > 0 {
		t.Errorf("no such structs: %v", known)
	}
}
