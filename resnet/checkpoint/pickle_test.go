package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"
)

func run(pickle string) (any, error) {
	return unpickle(newCursor(strings.NewReader(pickle), 0, int64(len(pickle))), storages{}.storage)
}

// text pickles a string.
func text(s string) string { return "\x8c" + string(rune(len(s))) + s }

// describe prints a value much as Python would.
func describe(v any) string {
	switch v := v.(type) {
	case *list:
		return fmt.Sprint("[", describeAll(v.items), "]")
	case *tuple:
		return fmt.Sprint("(", describeAll(v.items), ")")
	case *dict:
		var parts []string
		for i, k := range v.keys {
			parts = append(parts, k+": "+describe(v.vals[i]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *object:
		if len(v.parts) == 0 {
			return "<" + v.class + ">"
		}
		return "<" + v.class + " " + describeAll(v.parts) + ">"
	case *torchTensor:
		return "tensor"
	case *class:
		return "class " + v.name
	}
	return fmt.Sprint(v)
}

func describeAll(items []any) string {
	var parts []string
	for _, v := range items {
		parts = append(parts, describe(v))
	}
	return strings.Join(parts, ", ")
}

func TestPickleValues(t *testing.T) {
	for pickle, want := range map[string]string{
		"N.": "<nil>", "\x88.": "true", "\x89.": "false", "I01\n.": "true", "I00\n.": "false",
		"I-7\n.": "-7", "L12345678901234567890L\n.": "12345678901234567890", "K\xff.": "255",
		"M\xff\xff.": "65535", "J\xfe\xff\xff\xff.": "-2",
		"\x8a\x00.": "0", "\x8a\x01\xff.": "-1", "\x8a\x02\x00\x80.": "-32768",
		"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.": "18446744073709551616",

		"\x8b\x02\x00\x00\x00\x01\x01.": "257", "F1.5\n.": "1.5",
		"G\x3f\xf8\x00\x00\x00\x00\x00\x00.": "1.5",
		"S'it\\'s \\x41'\n.":                 "it's A", "Vplain\n.": "plain",
		"U\x02ab.": "ab", "T\x02\x00\x00\x00ab.": "ab",
		"X\x02\x00\x00\x00ab.": "ab",
		"\x8c\x02ab.":          "ab", "\x8d\x02\x00\x00\x00\x00\x00\x00\x00ab.": "ab", "C\x02ab.": "<bytes>",
		"B\x02\x00\x00\x00ab.":                           "<bytes>",
		"\x80\x05\x95\x01\x00\x00\x00\x00\x00\x00\x00N.": "<nil>",
		").": "()", "].": "[]", "}.": "{}", "K\x01\x85.": "(1)", "K\x01K\x02\x86.": "(1, 2)",
		"K\x01K\x02K\x03\x87.": "(1, 2, 3)",
		"(K\x01K\x02t.":        "(1, 2)", "(K\x01l.": "[1]", "(" + text("a") + "K\x01d.": "{a: 1}", "]K\x01a.": "[1]",
		"](K\x01K\x02e.":            "[1, 2]",
		"}" + text("a") + "K\x01s.": "{a: 1}", "}(" + text("a") + "K\x01" + text("b") + "K\x02u.": "{a: 1, b: 2}",
		"}(" + text("a") + "K\x01" + text("b") + "K\x02" + text("a") + "K\x03u.": "{a: 3, b: 2}",
		"}K\x01K\x02s.": "{1: 2}", "})K\x02s.": "{}",
		"\x8f(K\x01\x90.": "[1]", "(K\x01\x91.": "[1]",
		"K\x01q\x05K\x020h\x05.": "1", "K\x01p7\ng7\n\x86.": "(1, 1)", "K\x01\x94h\x00\x86.": "(1, 1)",
		"K\x01r\x00\x01\x00\x00j\x00\x01\x00\x00\x86.": "(1, 1)",
		"K\x012\x86.": "(1, 1)", "K\x01(0.": "1", "K\x01(K\x02K\x031.": "1",
		"ccollections\nOrderedDict\n)R}b.":                                            "{}",
		"ccollections\nOrderedDict\n](](" + text("a") + "K\x01ee\x85R.":               "{a: 1}",
		"ccollections\ndefaultdict\nc__builtin__\nint\n\x85R" + text("a") + "K\x01s.": "{a: 1}",
		text("torch") + text("Size") + "\x93K\x02K\x03\x86\x85R.":                     "(2, 3)",
		"ccollections\nOrderedDict\n}" + text("a") + "K\x01s\x85R.":                   "{a: 1}",

		// All other classes and functions make objects, whichever operation calls them, and these take whatever
		// the classes could.
		"cargparse\nNamespace\n)\x81}" + text("lr") + "K\x01sb.":                         "<argparse.Namespace (), {lr: 1}>",
		"ccopy_reg\n_reconstructor\ncargparse\nNamespace\nc__builtin__\nobject\nN\x87R.": "<argparse.Namespace ()>",
		"ccopy_reg\n_reconstructor\ncmy\nList\nc__builtin__\nlist\n]K\x01a\x87R.":        "<my.List ([1])>",
		"ccopyreg\n__newobj__\ncmy\nA\nK\x01\x86R.":                                      "<my.A (1)>",
		"ccopyreg\n__newobj_ex__\ncmy\nA\nK\x01\x85}\x87R.":                              "<my.A (1), {}>",
		"ccopyreg\n__newobj__\nccollections\nOrderedDict\n\x85R.":                        "{}",
		"(iargparse\nNamespace\n.":                                                       "<argparse.Namespace ()>",
		"(cargparse\nNamespace\nK\x01o.":                                                 "<argparse.Namespace (1)>",
		"cmy\nA\n)}\x92.":                                                                "<my.A (), {}>",
		"ccollections\nOrderedDict\n)}\x92.":                                             "{}",
		"cmy\nA\n)R(K\x01K\x02e.":                                                        "<my.A (), 1, 2>",
		"cmy\nA\n)RK\x01a.":                                                              "<my.A (), 1>",
		"cmy\nA\n)RK\x01K\x02s.":                                                         "<my.A (), 1, 2>",
		"cmy\nA\n)R(K\x01K\x02u.":                                                        "<my.A (), 1, 2>",
		"cmy\nA\n)R(K\x01\x90.":                                                          "<my.A (), 1>",
		"cmy\nmethod\n)R)R.":                                                             "<my.method <my.method ()>, ()>",
		"cmy\nA\n}b.":                                                                    "class my.A",
		"K\x01\x85}b.":                                                                   "(1)",
		"\x82\x01)R\x83\x01\x00)R\x84\x01\x00\x00\x00)R\x87.": "(<copyreg extension ()>, " +
			"<copyreg extension ()>, <copyreg extension ()>)",
		"cos\nsystem\n(S'touch pwned'\ntR.":                         "<os.system (touch pwned)>",
		"cbuiltins\neval\nS'x'\n\x85R.":                             "<builtins.eval (x)>",
		"c__builtin__\ngetattr\n.":                                  "class __builtin__.getattr",
		text("os") + text("system") + "\x93" + text("x") + "\x85R.": "<os.system (x)>",
		"(S'x'\nios\nsystem\n.":                                     "<os.system (x)>",
		"ctorch\nFloatStorage\n)R.":                                 "<torch.FloatStorage ()>",
		"c__builtin__\nobject\n)\x81.":                              "<__builtin__.object ()>",
		"cweird\n\x1b[31mname\n.":                                   "class weird.\x1b[31mname",

		// Persistent ids of other kinds than storages: a module's class is that class.
		"Px\n.": "<persistent id x>", "K\x01Q.": "<persistent id 1>", ")Q.": "<persistent id ()>",
		text("module") + "\x85Q.":                     "<persistent id (module)>",
		"(" + text("module") + "cmy\nNet\nNNtQ)\x81.": "<my.Net ()>",

		"ctorch\nTensor\n)\x81.": "tensor", "ctorch\nFloatTensor\n)R(NK\x00))tb.": "tensor",
		"Vna\\u00efve\n.": "naïve", "Vna\xefve\n.": "naïve",
		"ctorch\nfloat16\n.": "class torch.float16",
	} {
		v, err := run(pickle)
		if err != nil {
			t.Errorf("%q: %v", pickle, err)
			continue
		}
		if got := describe(v); got != want {
			t.Errorf("%q: %s, want %s", pickle, got, want)
		}
	}
	if n, err := run("\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."); err != nil || n.(*big.Int).Cmp(legacyMagic) != 0 {
		t.Errorf("magic number: %v, %v", n, err)
	}
}

func TestPickleErrors(t *testing.T) {
	floats := text("storage") + "ctorch\nFloatStorage\n"
	for pickle, want := range map[string]string{
		"": "ends too early", "N": "ends too early", "\xff": "is not an operation",
		"\x97.": "is not an operation", "\x98.": "is not an operation",
		".": "empty stack", "0.": "empty stack", "(t": "ends too early", "t.": "mark that doesn't exist",
		"K\x01(\x85.": "empty stack", "h\x00.": "never built",
		"K\x01K\x02a.": "isn't a list", "K\x01K\x02K\x03s.": "isn't a dictionary",
		"}(K\x01u.": "lacks its value", "K\x01Nb.": "can't have any",
		"K\x01)R.": "can't be called", "ctorch\nSize\nK\x01R.": "no tuple", "ctorch\nSize\n)R.": "wrong arguments",
		"Ix\n.": `invalid number "x"`, "Fx\n.": "damaged at byte 0", "Sx\n.": "lacks its quotes",
		"S'\\q'\n.": "damaged escape", "gx\n.": `invalid memo index "x"`,
		"I" + strings.Repeat("9", 2000) + "\n.":      "too many digits",
		"V" + strings.Repeat("x", maxText+2) + "\n.": "too long",
		"K\x01K\x02\x93.":                            "not a string", "(o.": "empty stack", "(K\x01o.": "can't be called",
		text("storage") + "\x85Q.": "too few items",
		"(" + text("storage") + "N" + text("0") + text("cpu") + "K\x01tQ.":           "no type",
		"(" + floats + text("0") + text("cpu") + "J\xff\xff\xff\xfftQ.":              "impossible size",
		"(" + text("storage") + "ctorch\nFloatStorage\nN" + text("cpu") + "K\x01tQ.": "no name",
		"(" + floats + text("0") + text("cpu") + "K\x01K\x01tQ.":                     "invalid part",
		"ctorch._utils\n_rebuild_tensor\n)R.":                                        "wrong arguments",
		"ctorch._utils\n_rebuild_tensor\n(NNNNtR.":                                   "are not integers",
		"ctorch._utils\n_rebuild_parameter\nN\x85R.":                                 "no tensor",
		"ctorch._tensor\n_rebuild_from_type_v2\n(NNNNtR.":                            "wrong arguments",
		"ccollections\nOrderedDict\n]Na\x85R.":                                       "wrong arguments",
		"ccopyreg\n__newobj__\nccopyreg\n__newobj__\n\x85R.":                         "calls itself",
		"ctorch\nTensor\n)R(NNNNtb.":                                                 "are not integers",
		"ctorch\nTensor\n)R(NNNNNtb.":                                                "wrong arguments",
		"Vx\\u12\n.":                                                                 "damaged escape",
	} {
		_, err := run(pickle)
		if want != "" {
			wantError(t, fmt.Sprintf("%q", pickle), err, want)
		}
	}
}

// TestPickleEveryOperation: no operation panics on an empty stack, on one value of each
// kind, or directly above a mark.
func TestPickleEveryOperation(t *testing.T) {
	for _, before := range []string{
		"", "N", "(", ")", "]", "}", "K\x01", text("a"), "cargparse\nNamespace\n", "]]", "}}", ")(", "NNNN",
		"(((",
	} {
		for code := range 256 {
			for _, after := range []string{"", "\x00", "\x01a\n.", "\xff\xff\xff\xff\xff\xff\xff\xff.", "1\n1\n."} {
				_, _ = run(before + string([]byte{byte(code)}) + after)
			}
		}
	}
}

// TestPickleBombs: memory isn't allocated on a pickle's word, and values that contain
// themselves, or each other many times, are visited only once.
func TestPickleBombs(t *testing.T) {
	laughs := "]"
	for range 200 {
		laughs += "2\x86\x85q\x00" // pairs of pairs of pairs
	}
	long := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	for name, c := range map[string]struct{ pickle, want string }{
		"long text":          {"\x8d" + long(1<<62) + "x.", "ends too early"},
		"longer text":        {"\x8d" + long(1<<63) + "x.", "ends too early"},
		"long bytes":         {"\x8e" + long(1<<62) + "x.", "ends too early"},
		"long number":        {"\x8b\xff\xff\xff\x7fx.", "ends too early"},
		"values":             {strings.Repeat("]", maxValues+2), "more than 2097152 values"},
		"marks":              {strings.Repeat("(", maxValues+2), "too many marks"},
		"memo":               {"N" + strings.Repeat("\x94", maxValues+2), "more than 2097152 values"},
		"itself":             {"]q\x00h\x00a.", "no dictionary of tensors"},
		"dict itself":        {"}q\x00" + text("a") + "h\x00s.", "no dictionary of tensors"},
		"laughs":             {laughs + ".", "no dictionary of tensors"},
		"deep":               {strings.Repeat("]", 1<<20) + strings.Repeat("a", 1<<20-1) + ".", "no dictionary of tensors"},
		"objects in objects": {"cmy\nA\n" + strings.Repeat(")R", 1<<16) + ".", "it is a Python object (my.A)"},
		"object of itself":   {"cmy\nA\n)Rq\x00" + strings.Repeat("h\x00b", 1<<16) + ".", "it is a Python object (my.A)"},
		"many objects": {
			"]" + strings.Repeat("cmy\nA\n)Ra", 1<<16) + ".", "no dictionary of tensors",
		},
		"names of classes": {
			strings.Repeat("c"+strings.Repeat("x", maxText)+"\nA\n0", maxTextTotal/maxText), "more than 64 MB of text",
		},
		"copied dictionaries": {
			"}(" + text("a") + "Nuq\x00" + strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R", 1<<19) + ".",
			"more than 2097152 values",
		},
		"copied pairs": {
			"](" + strings.Repeat("]]\x86", 1<<18) + "eq\x00" +
				strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R", 8) + ".",
			"more than 2097152 values",
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := listLegacy(memory(legacyFile(c.pickle, "].", nil)))
		runtime.ReadMemStats(&after)
		wantError(t, name, err, c.want)
		if spent := time.Since(start); spent > 20*time.Second {
			t.Errorf("%s took %v", name, spent)
		}
		grown := after.TotalAlloc - before.TotalAlloc
		if grown > 1<<30 || strings.HasPrefix(name, "long") && grown > 1<<16 {
			t.Errorf("%s allocated %d bytes", name, grown)
		}
	}
}

// legacyFile is a torch.save stream around a pickle.
func legacyFile(object, keys string, storages []byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.") // magic number
	b.WriteString("\x80\x02M\xe9\x03.")                         // version 1001
	b.WriteString("\x80\x02}" + text("little_endian") + "\x88s.")
	b.WriteString(object)
	b.WriteString(keys)
	b.Write(storages)
	return b.Bytes()
}
