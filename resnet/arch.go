package resnet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseArch parses the name of a net: one of Archs, or one formed by the same
// rules. Case doesn't matter, and - stands for _.
//
//	[cifar_][preact_](resnet|plain)DEPTH[c|d][_v1][_basic|_bottleneck][_NxNxNxN]…
//	…[_7x7|_3x3|_deep][_a|_a_end|_b|_c|_d][_nonorm], with the blocks of each stage as
//	NxNxNxN; as in timm, c is a deep stem, d a deep stem with shortcut D
//	wide_(resnet|plain)DEPTH_TIMES, (resnext|plainext)DEPTH_GROUPSxWIDTHd
//	keras_(resnet|plain)DEPTH, (resnet|plain)DEPTHv2 (Keras's), vggDEPTH[_bn]
//
// The Config holds what the name says, and its canonical form in Arch; classes
// and image size aren't part of a name and stay zero. The error for an unknown
// name lists similar ones.
func ParseArch(name string) (Config, error) {
	c, err := parseName(name)
	if err != nil {
		return c, err
	}
	resolved, err := c.Resolve()
	c.Arch = resolved.Arch
	return c, err
}

// parseName returns what a name says as a Config; all other fields stay zero.
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

// affixes is what is left of a name while its prefixes and suffixes are read and
// cut off.
type affixes struct {
	rest string
	wide bool // had the prefix "wide_"
}

// prefix cuts off p and reports whether it was there.
func (s *affixes) prefix(p string) (ok bool) {
	s.rest, ok = strings.CutPrefix(s.rest, p)
	return ok
}

// suffix cuts off p and reports whether it was there.
func (s *affixes) suffix(p string) (ok bool) {
	s.rest, ok = strings.CutSuffix(s.rest, p)
	return ok
}

// vgg reads "vgg19" and "vgg19_bn".
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

// before reads the prefixes of a name.
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

// after reads the suffixes of a name, from its end: what follows the depth.
func (s *affixes) after(c *Config) bool {
	if s.suffix("_nonorm") {
		c.Norm = NormNone
	}
	choice(s, &c.Shortcut, len(shortcutNames))
	choice(s, &c.Stem, len(stemNames))
	if !s.stageBlocks(c) {
		return false
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

// choice reads one of n choices, "_a_end", if it is there.
func choice[T interface {
	~uint8
	fmt.Stringer
}](s *affixes, to *T, n int) {
	for o := range T(n - 1) {
		if s.suffix(nameSuffix(o + 1)) {
			*to = o + 1
			return
		}
	}
}

// nameSuffix is a choice at the end of a name: "_a_end".
func nameSuffix(o fmt.Stringer) string {
	return "_" + strings.ReplaceAll(strings.ToLower(o.String()), "-", "_")
}

// stageBlocks reads "_2x3x4x5", if it is there: the blocks of each stage.
func (s *affixes) stageBlocks(c *Config) bool {
	at := strings.LastIndexByte(s.rest, '_')
	if at < 0 || strings.Count(s.rest[at:], "x") < 2 {
		return true
	}
	var list []int
	for n := range strings.SplitSeq(s.rest[at+1:], "x") {
		list = append(list, 0)
		if !number(n, &list[len(list)-1]) {
			return false
		}
	}
	s.rest = s.rest[:at]
	return c.Blocks.take(list) == nil
}

// stem reads "resnet50", "plain34", "resnext50_32x4d", "resnet50_2" (wide).
func (s *affixes) stem(c *Config) bool {
	next, ok := s.kind(c)
	if !ok || next && s.wide {
		return false
	}
	depth, width, hasWidth := strings.Cut(s.rest, "_")
	depth, ok = c.deep(depth)
	if !ok || !number(depth, &c.Depth) || hasWidth != (next || s.wide) {
		return false
	}
	switch {
	case next:
		return groupWidth(width, c)
	case s.wide:
		return widthFactor(width, c)
	}
	return true
}

// deep reads the letter behind a depth: c for a deep stem, d for shortcut D as well.
func (c *Config) deep(depth string) (rest string, ok bool) {
	rest, isD := strings.CutSuffix(depth, "d")
	rest, isC := strings.CutSuffix(rest, "c")
	if isD && (isC || !once(&c.Shortcut, ShortcutD)) || (isC || isD) && !once(&c.Stem, StemDeep) {
		return rest, false
	}
	return rest, true
}

// kind reads the name of a ResNet, a ResNeXt or the plain twin of one.
func (s *affixes) kind(c *Config) (next, ok bool) {
	c.Plain = s.prefix("plain")
	if c.Plain {
		return s.prefix("ext"), true
	}
	if s.prefix("resnext") {
		return true, true
	}
	return false, s.prefix("resnet")
}

// groupWidth reads "32x4d": 32 groups of 4 channels.
func groupWidth(s string, c *Config) bool {
	s, ok := strings.CutSuffix(s, "d")
	groups, width, found := strings.Cut(s, "x")
	return ok && found && number(groups, &c.Groups) && number(width, &c.WidthPerGroup)
}

// widthFactor reads the "2" of a Wide ResNet: bottlenecks twice as wide inside.
func widthFactor(s string, c *Config) bool {
	c.Groups = 1
	ok := number(s, &c.WidthPerGroup)
	c.WidthPerGroup *= defaultWidth
	return ok
}

// once sets a choice and reports whether it is the first to be set.
func once[T ~uint8](v *T, to T) bool {
	free := *v == 0
	*v = to
	return free
}

// number parses one to six digits, the first of them not 0.
func number(s string, n *int) bool {
	v, err := strconv.Atoi(s)
	if err != nil || len(s) > 6 || s[0] < '1' || s[0] > '9' {
		return false
	}
	*n = v
	return true
}

// name is the canonical name of a resolved Config; ParseArch turns it back into the
// same Config.
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
	next := c.Groups > 1 || c.WidthPerGroup%defaultWidth != 0
	wide := !next && c.WidthPerGroup != defaultWidth
	add(c.Family == CIFAR, "cifar_")
	add(c.Keras && c.Variant == V1, "keras_")
	add(!c.Keras && c.Variant == V2, "preact_")
	add(wide, "wide_")
	add(c.Plain, "plain")
	add(!c.Plain, "res")
	add(next, map[bool]string{false: "next", true: "ext"}[c.Plain])
	add(!next && !c.Plain, "net")
	add(true, strconv.Itoa(c.Depth))
	isD := c.Shortcut == ShortcutD && !c.Plain
	deep := c.Stem == StemDeep
	add(deep && isD, "d")
	add(deep && !isD, "c")
	add(next, fmt.Sprintf("_%dx%dd", c.Groups, c.WidthPerGroup))
	add(wide, fmt.Sprint("_", c.WidthPerGroup/defaultWidth))
	add(c.Keras && c.Variant == V2, "v2")
	add(!c.Keras && c.Variant == V1, "_v1")
	given := c.Blocks != Blocks{}
	add(c.Family == CIFAR && !given && c.Block != cifarBlock(c.Depth), "_"+c.Block.String())
	add(given, "_"+c.Blocks.joined("x"))
	add(!c.UsualStem() && !deep, nameSuffix(c.Stem))
	add(!c.Plain && c.Shortcut != c.defaultShortcut() && !(deep && isD), nameSuffix(c.Shortcut))
	add(c.Norm == NormNone, "_nonorm")
	return b.String()
}

// Archs returns the names of well-known nets, for help and completion. ParseArch
// accepts more.
func Archs() []string {
	var names, plain []string
	for _, row := range imageNetDepths {
		d := strconv.Itoa(row.depth)
		names = append(names, "resnet"+d)
		plain = append(plain, "plain"+d, "preact_resnet"+d)
	}
	for _, d := range []string{"18", "34", "50", "101", "152"} {
		plain = append(plain, "resnet"+d+"_3x3")
	}
	for _, d := range []string{"18", "26", "34", "50", "101", "152", "200"} {
		plain = append(plain, "resnet"+d+"d")
	}
	names = append(names, "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d")
	names = append(names, "wide_resnet50_2", "wide_resnet101_2")
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

// unknownArch is the error for an unknown name; it lists the four most similar
// names.
func unknownArch(name string) error {
	names := Archs()
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	if len(name) > 40 {
		name = name[:40] + "…"
	}
	return fmt.Errorf("unknown net %q; similar names: %s", name, strings.Join(names[:4], ", "))
}

// distance is the Levenshtein distance of the first 40 bytes of both, in lower
// case. A prefix of a name counts as one edit, however much is missing.
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
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
