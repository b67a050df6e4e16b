package tui

import (
	"fmt"
	"hash/maphash"
	"math"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/profile"
)

// fingerprint sums up the screen's state: everything that can be reached from
// v through types of this package and the snapshot's. What others own, such as
// the net and its recorder, counts by its address.
func fingerprint(v any) uint64 { return (&printer{map[uintptr]bool{}}).of(reflect.ValueOf(v)) }

// printer remembers the pointers that it has been at.
type printer struct{ seen map[uintptr]bool }

// mix makes one number of two, in which the order counts.
func mix(a, b uint64) uint64 { return (a^b)*0x100000001b3 + b>>32 + 1 }

// inside reports whether values of a type are looked into.
func inside(t reflect.Type) bool {
	return t.PkgPath() == "" || strings.HasSuffix(t.PkgPath(), "/tui") || t == reflect.TypeFor[profile.Snapshot]() ||
		t == reflect.TypeFor[profile.Series]()
}

func (p *printer) of(v reflect.Value) uint64 {
	sum := uint64(v.Kind())
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			sum++
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		sum = mix(sum, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		sum = mix(sum, v.Uint())
	case reflect.Float32, reflect.Float64:
		sum = mix(sum, math.Float64bits(v.Float()))
	case reflect.String:
		sum = mix(sum, maphash.String(seed, v.String()))
	case reflect.Pointer:
		sum = mix(sum, uint64(v.Pointer()))
		if !v.IsNil() && !p.seen[v.Pointer()] && inside(v.Type().Elem()) {
			p.seen[v.Pointer()] = true
			sum = mix(sum, p.of(v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() {
			sum = mix(sum, p.of(v.Elem()))
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && inside(v.Type()); i++ {
			sum = mix(sum, p.of(v.Field(i)))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			sum = mix(sum, p.of(v.Index(i)))
		}
	case reflect.Map: // in whatever order
		for entries := v.MapRange(); entries.Next(); {
			sum += mix(p.of(entries.Key()), address(entries.Value()))
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		sum = mix(sum, uint64(v.Pointer()))
	}
	return sum
}

// address stands for a map's value: what it points to is reached elsewhere too.
func address(v reflect.Value) uint64 {
	if v.Kind() == reflect.Pointer {
		return uint64(v.Pointer())
	}
	return (&printer{map[uintptr]bool{}}).of(v)
}

var seed = maphash.MakeSeed()

func TestFingerprint(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	before := fingerprint(m)
	if fingerprint(m) != before {
		t.Fatal("two fingerprints of the same differ")
	}
	m.list.tree.order[3].time++
	if fingerprint(m) == before {
		t.Error("a node's time leaves no trace")
	}
}

// TestDrawingChangesNothing draws every view and dialog twice, as the body, as
// the pane beside another, and in rectangles of other sizes: both pictures are
// the same, and nothing but the canvas changes.
func TestDrawingChangesNothing(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 30}, {60, 15}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "cifar_resnet20", size[0], size[1])
			run(t, m, true, 5)
			went(t, m, "")
			beside(t, m)
			m.state.Paths = somePaths(m.about.Model.Model, 4)
			m.opts.Training = func() (*Training, error) { return nil, nil }
			m.Update(trainingMsg{training: someTraining(50, 10, "cifar_resnet20", "cifar_plain20")})
			press(m, "E")
			m.list.selectPath("layer2.1")
			press(m, "x")
			menu := m.dialog
			press(m, "esc")
			for _, v := range m.views {
				m.show(v)
				press(m, "down")
				for _, r := range []rect{m.layout.body, m.layout.third, {3, 1, size[0] / 2, size[1] / 2}} {
					drawTwice(t, m, v.title(), func(c *canvas) { v.draw(c, r) })
				}
				drawTwice(t, m, v.title()+" with everything around it", m.draw)
			}
			for name, d := range map[string]dialog{"lesions": menu, "help": helpOf(m)} {
				drawTwice(t, m, name, d.draw)
			}
		})
	}
}

func drawTwice(t *testing.T, m *Model, what string, draw func(*canvas)) {
	t.Helper()
	before := fingerprint(m)
	var pictures [2]string
	for i := range pictures {
		var c canvas
		c.reset(m.w, m.h)
		draw(&c)
		pictures[i] = c.encode(m.styles)
	}
	if pictures[0] != pictures[1] {
		t.Errorf("%s: the second picture is another one", what)
	}
	if fingerprint(m) != before {
		t.Errorf("%s: drawing changes the state", what)
	}
}
