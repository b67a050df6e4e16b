package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// opcodes are the operations of pickle protocols 0 to 5, except those that refer to
// buffers outside the file (NEXT_BUFFER and READONLY_BUFFER). See
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
var opcodes = [256]func(*machine) error{
	// Control.
	'.':  func(m *machine) error { m.done = true; return nil },
	0x80: func(m *machine) error { _, err := m.in.byte(); return err },  // PROTO
	0x95: func(m *machine) error { _, err := m.in.uint(8); return err }, // FRAME
	'(':  func(m *machine) error { return m.mark() },
	'0':  opPop,
	'1':  func(m *machine) error { _, err := m.popMark(); return err },
	'2': func(m *machine) error {
		v, err := m.top()
		return m.pushOr(v, err)
	},

	// Numbers and the like.
	'N':  func(m *machine) error { return m.push(nil) },
	0x88: func(m *machine) error { return m.push(true) },
	0x89: func(m *machine) error { return m.push(false) },
	'K':  opUint(1),
	'M':  opUint(2),
	'J': func(m *machine) error {
		n, err := m.in.uint(4)
		return m.pushOr(int64(int32(n)), err)
	},
	'I':  opInt,
	'L':  opInt,
	0x8a: opLong(1),
	0x8b: opLong(4),
	'F': func(m *machine) error {
		s, err := m.in.line()
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(s, 64)
		return m.pushOr(f, err)
	},
	'G': func(m *machine) error {
		b, err := m.in.bytes(8)
		if err != nil {
			return err
		}
		slices.Reverse(b) // this one is big-endian
		return m.push(math.Float64frombits(le.Uint64(b)))
	},

	// Text and bytes.
	'S':  opQuoted,
	'V':  opLine,
	'U':  opText(1),
	'T':  opText(4),
	'X':  opText(4),
	0x8c: opText(1),
	0x8d: opText(8),
	'C':  opBytes(1),
	'B':  opBytes(4),
	0x8e: opBytes(8),
	0x96: opBytes(8),

	// Containers.
	')':  func(m *machine) error { return m.push(&tuple{}) },
	'}':  func(m *machine) error { return m.push(&dict{}) },
	']':  func(m *machine) error { return m.push(&list{}) },
	0x8f: func(m *machine) error { return m.push(&list{}) },
	't':  opTuple,
	0x85: opTupleN(1),
	0x86: opTupleN(2),
	0x87: opTupleN(3),
	'l':  opList,
	0x91: opList,
	'd':  opDict,
	'a':  opInto(1, add),
	's':  opInto(2, setItems),
	'e':  opIntoMark(add),
	0x90: opIntoMark(add),
	'u':  opIntoMark(setItems),

	// Memo.
	'g':  opNumbered((*machine).recall),
	'h':  opCounted(1, (*machine).recall),
	'j':  opCounted(4, (*machine).recall),
	'p':  opNumbered((*machine).remember),
	'q':  opCounted(1, (*machine).remember),
	'r':  opCounted(4, (*machine).remember),
	0x94: func(m *machine) error { return m.remember(int64(len(m.memo))) },

	// Classes and calls: what they make is in classes.go.
	'c':  opGlobal,
	0x93: opStackGlobal,
	0x82: opExtension(1),
	0x83: opExtension(2),
	0x84: opExtension(4),
	'R':  opCall,
	0x81: opCall,
	0x92: opCallNamed,
	'i':  opInst,
	'o':  opObj,
	'b':  opBuild,
	'Q':  opPersistent,
	'P':  opPersistentLine,
}

// pushOr pushes v, unless there is an error.
func (m *machine) pushOr(v any, err error) error {
	if err != nil {
		return err
	}
	return m.push(v)
}

// mark marks the current height of the stack.
func (m *machine) mark() error {
	if len(m.marks) >= maxValues {
		return errors.New("it has too many marks")
	}
	m.marks = append(m.marks, len(m.stack))
	return nil
}

// opPop drops the topmost value, or a mark if that is topmost.
func opPop(m *machine) error {
	if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
		m.marks = m.marks[:n-1]
		return nil
	}
	_, err := m.pop()
	return err
}

// opUint pushes an integer of n bytes.
func opUint(n int) func(*machine) error {
	return func(m *machine) error {
		v, err := m.in.uint(n)
		return m.pushOr(v, err)
	}
}

// opInt pushes an integer in decimal. 00 and 01 stand for False and True, and Python 2
// appended an L to long integers.
func opInt(m *machine) error {
	s, err := m.in.line()
	switch {
	case err != nil:
		return err
	case s == "00" || s == "01":
		return m.push(s == "01")
	}
	s = strings.TrimSuffix(s, "L")
	if len(s) > 1000 {
		return errors.New("a number has too many digits")
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return fmt.Errorf("invalid number %s", quote(s))
	}
	return m.pushBig(n)
}

// pushBig pushes an int64 if n fits in one.
func (m *machine) pushBig(n *big.Int) error {
	if n.IsInt64() {
		return m.push(n.Int64())
	}
	return m.push(n)
}

// opLong pushes an integer in two's complement, little-endian, whose length in bytes
// comes first, in width bytes. Very long ones are placeholders.
func opLong(width int) func(*machine) error {
	return func(m *machine) error {
		n, err := m.in.uint(width)
		if err != nil {
			return err
		}
		if n > 1000 {
			return m.pushSkipped(n, "long number")
		}
		b, err := m.in.bytes(n)
		if err != nil {
			return err
		}
		slices.Reverse(b)
		v := new(big.Int).SetBytes(b)
		if n > 0 && b[0] >= 0x80 {
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
		}
		return m.pushBig(v)
	}
}

// opText pushes a string whose length in bytes comes first, in width bytes.
func opText(width int) func(*machine) error {
	return func(m *machine) error {
		n, err := m.in.uint(width)
		if err != nil {
			return err
		}
		return m.pushText(n)
	}
}

// opBytes pushes a placeholder for bytes, whose number comes first, in width bytes.
func opBytes(width int) func(*machine) error {
	return func(m *machine) error {
		n, err := m.in.uint(width)
		if err != nil {
			return err
		}
		return m.pushSkipped(n, "bytes")
	}
}

// opLine pushes the rest of the line as a string, in which \uXXXX and \UXXXXXXXX stand
// for characters, and all other bytes for themselves as in Latin-1.
func opLine(m *machine) error {
	s, err := m.line()
	if err != nil {
		return err
	}
	var b strings.Builder
	for s != "" {
		if strings.HasPrefix(s, `\u`) || strings.HasPrefix(s, `\U`) {
			ch, _, tail, err := strconv.UnquoteChar(s, 0)
			if err != nil {
				return errors.New("a string has a damaged escape")
			}
			b.WriteRune(ch)
			s = tail
			continue
		}
		b.WriteRune(rune(s[0]))
		s = s[1:]
	}
	return m.push(b.String())
}

// opQuoted pushes a string in the notation of Python 2, in quotes and with escapes.
func opQuoted(m *machine) error {
	s, err := m.line()
	if err != nil {
		return err
	}
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		return errors.New("a string lacks its quotes")
	}
	quote, rest := s[0], s[1:len(s)-1]
	var b strings.Builder
	for rest != "" {
		ch, _, tail, err := strconv.UnquoteChar(rest, quote)
		if err != nil {
			return errors.New("a string has a damaged escape")
		}
		b.WriteRune(ch)
		rest = tail
	}
	return m.push(b.String())
}

// opTuple pushes a tuple of all values above the last mark.
func opTuple(m *machine) error {
	items, err := m.popMark()
	return m.pushOr(&tuple{items}, err)
}

// opTupleN pushes a tuple of the n topmost values.
func opTupleN(n int) func(*machine) error {
	return func(m *machine) error {
		items, err := m.popN(n)
		return m.pushOr(&tuple{items}, err)
	}
}

// opList pushes a list of all values above the last mark.
func opList(m *machine) error {
	items, err := m.popMark()
	return m.pushOr(&list{items}, err)
}

// opDict pushes a dictionary of the keys and values above the last mark.
func opDict(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	d := &dict{}
	if err := setItems(d, items); err != nil {
		return err
	}
	return m.push(d)
}

// opInto puts the n topmost values into the container below them.
func opInto(n int, put func(any, []any) error) func(*machine) error {
	return func(m *machine) error {
		items, err := m.popN(n)
		if err != nil {
			return err
		}
		to, err := m.top()
		if err != nil {
			return err
		}
		return put(to, items)
	}
}

// opIntoMark puts all values above the last mark into the container below it.
func opIntoMark(put func(any, []any) error) func(*machine) error {
	return func(m *machine) error {
		items, err := m.popMark()
		if err != nil {
			return err
		}
		to, err := m.top()
		if err != nil {
			return err
		}
		return put(to, items)
	}
}

// opNumbered uses a memo index in decimal.
func opNumbered(use func(*machine, int64) error) func(*machine) error {
	return func(m *machine) error {
		s, err := m.in.line()
		if err != nil {
			return err
		}
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("invalid memo index %s", quote(s))
		}
		return use(m, i)
	}
}

// opCounted uses a memo index of width bytes.
func opCounted(width int, use func(*machine, int64) error) func(*machine) error {
	return func(m *machine) error {
		i, err := m.in.uint(width)
		if err != nil {
			return err
		}
		return use(m, i)
	}
}
