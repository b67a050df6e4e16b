package resnet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseArch reads a net's name: one of Archs, or one formed like them.
//
//	[cifar_][preact_](resnet|plain)DEPTH[_v1][_basic|_bottleneck][_a|_b|_c][_nonorm]
//	wide_(resnet|plain)DEPTH_TIMES, (resnext|plainext)DEPTH_GROUPSxWIDTHd
//	keras_(resnet|plain)DEPTH, (resnet|plain)DEPTHv2 (Keras's), vggDEPTH[_bn]
//
// A name says nothing of classes or image size. An unknown name is an error
// that lists near ones.
func ParseArch(name string) (Config, error) {
	c, err := parseName(name)
	if err != nil {
		return c, err
	}
	resolved, err := c.Resolve()
	c.Arch = resolved.Arch
	return c, err
}

// parseName is the Config of what a name says; the rest stays zero.
func parseName(arch string) (Config, error) {
	s := affixes{rest: strings.ReplaceAll(strings.ToLower(arch), "-", "_")}
	c := Config{Arch: s.rest, Family: ImageNet}
	ok := s.vgg(&c)
	if c.Family != VGG {
		ok = s.before(&c) && s.after(&c) && s.stem(&c)
	}
	if !ok {
		return Config{}, unknownArch(arch)
	}
	return c, nil
}

// affixes is a name from which what is understood is cut off at either end.
type affixes struct {
	rest string
	wide bool
}

func (s *affixes) prefix(p string) (ok bool) {
	s.rest, ok = strings.CutPrefix(s.rest, p)
	return ok
}

func (s *affixes) suffix(p string) (ok bool) {
	s.rest, ok = strings.CutSuffix(s.rest, p)
	return ok
}

func (s *affixes) vgg(c *Config) bool {
	if !s.prefix("vgg") {
		return false
	}
	c.Family, c.Norm = VGG, NormNone
	if s.suffix("_bn") {
		c.Norm = NormBatch
	}
	return number(s.rest, &c.Depth)
}

// before reads what stands before the stem of a name.
func (s *affixes) before(c *Config) bool {
	if s.prefix("cifar_") {
		c.Family = CIFAR
	}
	if s.prefix("keras_") {
		c.Keras, c.Variant = true, V1
	}
	preAct := s.prefix("preact_")
	s.wide = s.prefix("wide_")
	return !preAct || once(&c.Variant, V2)
}

// after reads what stands behind the depth, from the end.
func (s *affixes) after(c *Config) bool {
	if s.suffix("_nonorm") {
		c.Norm = NormNone
	}
	for _, o := range []Shortcut{ShortcutA, ShortcutB, ShortcutC} {
		if s.suffix("_" + strings.ToLower(o.String())) {
			c.Shortcut = o
		}
	}
	for _, b := range []BlockKind{Basic, Bottleneck} {
		if s.suffix("_" + b.String()) {
			c.Block = b
		}
	}
	if s.suffix("_v1") {
		return once(&c.Variant, V1)
	}
	if s.suffix("v2") {
		c.Keras = true
		return once(&c.Variant, V2)
	}
	return true
}

// stem reads "resnet50", "plain34", "resnext50_32x4d", "resnet50_2" (wide).
func (s *affixes) stem(c *Config) bool {
	c.Plain = s.prefix("plain")
	next := s.prefix("resnext") || c.Plain && s.prefix("ext")
	if !next && !c.Plain && !s.prefix("resnet") {
		return false
	}
	depth, width, cut := strings.Cut(s.rest, "_")
	if !number(depth, &c.Depth) || cut != (next || s.wide) || next && s.wide {
		return false
	}
	if next {
		groups, per, found := strings.Cut(strings.TrimSuffix(width, "d"), "x")
		return found && strings.HasSuffix(width, "d") && number(groups, &c.Groups) && number(per, &c.WidthPerGroup)
	}
	if s.wide {
		c.Groups = 1
		ok := number(width, &c.WidthPerGroup)
		c.WidthPerGroup *= 64
		return ok
	}
	return true
}

// once sets a variant, and reports whether none was set before.
func once(v *Variant, to Variant) bool {
	free := *v == VariantDefault
	*v = to
	return free
}

// number reads one to six digits, the first not 0.
func number(s string, n *int) bool {
	v, err := strconv.Atoi(s)
	if err != nil || len(s) > 6 || s[0] < '1' || s[0] > '9' {
		return false
	}
	*n = v
	return true
}

// name is the canonical name of a resolved Config, which ParseArch reads back.
func (c *Config) name() string {
	if c.Family == VGG {
		return fmt.Sprint("vgg", c.Depth, map[Norm]string{NormBatch: "_bn"}[c.Norm])
	}
	var b strings.Builder
	add := func(when bool, s string) {
		if when {
			b.WriteString(s)
		}
	}
	next := c.Groups > 1 || c.WidthPerGroup%64 != 0
	wide := !next && c.WidthPerGroup != 64
	add(c.Family == CIFAR, "cifar_")
	add(c.Keras && c.Variant == V1, "keras_")
	add(!c.Keras && c.Variant == V2, "preact_")
	add(wide, "wide_")
	add(c.Plain, "plain")
	add(!c.Plain, "res")
	add(next, map[bool]string{false: "next", true: "ext"}[c.Plain])
	add(!next && !c.Plain, "net")
	add(true, strconv.Itoa(c.Depth))
	add(next, fmt.Sprintf("_%dx%dd", c.Groups, c.WidthPerGroup))
	add(wide, fmt.Sprint("_", c.WidthPerGroup/64))
	add(c.Keras && c.Variant == V2, "v2")
	add(!c.Keras && c.Variant == V1, "_v1")
	add(c.Family == CIFAR && c.Block != cifarBlock(c.Depth), "_"+c.Block.String())
	add(!c.Plain && c.Shortcut != c.defaultShortcut(), "_"+strings.ToLower(c.Shortcut.String()))
	add(c.Norm == NormNone, "_nonorm")
	return b.String()
}

// Archs are the names of well-known nets, for help and completion. ParseArch
// knows more.
func Archs() []string {
	var names, plain []string
	for _, row := range imageNetDepths {
		d := strconv.Itoa(row.depth)
		names = append(names, "resnet"+d)
		plain = append(plain, "plain"+d, "preact_resnet"+d)
	}
	names = append(names, "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2")
	names = append(names, plain...)
	for _, d := range []string{"50", "101", "152"} {
		names = append(names, "keras_resnet"+d, "resnet"+d+"v2", "resnet"+d+"_v1")
	}
	for _, d := range []string{"20", "32", "44", "56", "110", "1202"} {
		names = append(names, "cifar_resnet"+d, "cifar_plain"+d)
	}
	names = append(names, "cifar_preact_resnet110", "cifar_preact_resnet164", "cifar_preact_resnet1001")
	for _, d := range []string{"11", "13", "16", "19"} {
		names = append(names, "vgg"+d, "vgg"+d+"_bn")
	}
	return names
}

// unknownArch is the error for a name that is none, with the nearest that are.
func unknownArch(name string) error {
	names := Archs()
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	if len(name) > 40 {
		name = name[:40] + "…"
	}
	return fmt.Errorf("unknown net %q; near it: %s", name, strings.Join(names[:4], ", "))
}

// distance is Levenshtein's, between the first 40 bytes; the start of a name is
// near to it.
func distance(a, b string) int {
	a, b = strings.ToLower(a[:min(len(a), 40)]), b[:min(len(b), 40)]
	if a != "" && strings.HasPrefix(b, a) {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
