package asm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// machine runs generated x86 assembly, so that kernels are tested on
// processors that lack their instructions. It knows what the generator uses
// and no more. It says nothing about how the assembler encodes it.
type machine struct {
	gp    map[string]*uint64
	vec   [32]vector
	tiles tiles
	zero  bool // flags of the last comparison or operation
	less  bool
	frame [16]uint64
	args  [6]uint64 // and results
}

// vector is a register of 512 bits.
type vector [16]uint32

func (v *vector) float(i int) float32        { return math.Float32frombits(v[i]) }
func (v *vector) quad(i int) uint64          { return uint64(v[2*i]) | uint64(v[2*i+1])<<32 }
func (v *vector) setQuad(i int, x uint64)    { v[2*i], v[2*i+1] = uint32(x), uint32(x>>32) }
func (v *vector) double(i int) float64       { return math.Float64frombits(v.quad(i)) }
func (v *vector) setDouble(i int, x float64) { v.setQuad(i, math.Float64bits(x)) }

// program is the instructions of one function, and where labels point.
type program struct {
	code   []instruction
	labels map[string]int
}

type instruction struct {
	op    string
	args  []operand
	lanes int // float32 of its vectors
}

// operand is an immediate, a general register, a vector register, a label or,
// with a base, memory.
type operand struct {
	imm               int64
	gp, label         string
	vec               int // −1 for none
	base, index       string
	scale, disp, size int
	broadcast         bool // one float of memory to all lanes
}

// assemble reads the functions of an assembly file.
func assemble(text string) map[string]*program {
	programs := map[string]*program{}
	var p *program
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if code, is := encoded(line); is {
			line = code
		}
		switch {
		case line == "" || line[0] == '#' || strings.HasPrefix(line, "//"):
		case strings.HasPrefix(line, "TEXT ·"):
			p = &program{labels: map[string]int{}}
			name, _, _ := strings.Cut(line[len("TEXT ·"):], "(")
			programs[name] = p
		case strings.HasSuffix(line, ":"):
			p.labels[line[:len(line)-1]] = len(p.code)
		default:
			p.code = append(p.code, parseInstruction(line))
		}
	}
	return programs
}

func parseInstruction(line string) (in instruction) {
	op, rest, _ := strings.Cut(line, " ")
	op, broadcast := strings.CutSuffix(op, ".BCST")
	in.op = op
	for arg := range strings.SplitSeq(rest, ",") {
		if arg = strings.TrimSpace(arg); arg == "" {
			continue
		}
		o := parseOperand(arg)
		o.broadcast = broadcast && o.base != ""
		if o.vec >= 0 {
			in.lanes = o.size / 4
		}
		in.args = append(in.args, o)
	}
	return in
}

func parseOperand(s string) operand {
	o := operand{vec: -1}
	switch {
	case s[0] == '$':
		o.imm, _ = strconv.ParseInt(strings.TrimPrefix(s[1:], "+"), 0, 64)
	case strings.Contains(s, "("):
		at := strings.IndexByte(s, '(')
		number := s[:at]
		if i := strings.IndexByte(number, '+'); i >= 0 { // name+8(FP)
			number = number[i+1:]
		}
		o.disp, _ = strconv.Atoi(number)
		base, index, _ := strings.Cut(strings.TrimSuffix(s[at+1:], ")"), ")(")
		o.base = base
		if index != "" {
			o.index, _, _ = strings.Cut(index, "*")
			o.scale, _ = strconv.Atoi(index[len(o.index)+1:])
		}
	case strings.ContainsRune("XYZ", rune(s[0])) && len(s) > 1:
		o.vec, _ = strconv.Atoi(s[1:])
		o.size = map[byte]int{'X': 16, 'Y': 32, 'Z': 64}[s[0]]
	case strings.ToUpper(s) == s:
		o.gp = general(s)
	default:
		o.label = s
	}
	return o
}

// general is the name of a whole register: CL and CX are one.
func general(s string) string {
	if len(s) == 2 && s[1] == 'L' {
		return s[:1] + map[byte]string{'A': "X", 'B': "X", 'C': "X", 'D': "X"}[s[0]]
	}
	if len(s) == 3 && s[2] == 'B' && s[0] != 'R' { // SIB, DIB
		return s[:2]
	}
	return strings.TrimSuffix(s, "B")
}

// reg is a general register; new ones hold garbage.
func (m *machine) reg(name string) *uint64 {
	r := m.gp[name]
	if r == nil {
		r = new(uint64)
		*r = 0xdeadbeefdeadbeef
		m.gp[name] = r
	}
	return r
}

// at is an address as a pointer: vet would object to the plain conversion.
func at(address uint64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

func (m *machine) address(o operand) uint64 {
	a := *m.reg(o.base) + uint64(o.disp)
	if o.index != "" {
		a += *m.reg(o.index) * uint64(o.scale)
	}
	return a
}

// word is where an operand of 8 bytes is.
func (m *machine) word(o operand) *uint64 {
	switch {
	case o.base != "":
		return (*uint64)(at(m.address(o)))
	case o.gp != "":
		return m.reg(o.gp)
	}
	v := uint64(o.imm)
	return &v
}

// vector is the value of an operand of that many lanes.
func (m *machine) vector(o operand, lanes int) (v vector) {
	if o.base == "" {
		return m.vec[o.vec]
	}
	if p := at(m.address(o)); !o.broadcast {
		copy(v[:], unsafe.Slice((*uint32)(p), lanes))
	} else {
		for i := range lanes {
			v[i] = *(*uint32)(p)
		}
	}
	return v
}

// put stores lanes; in a register the others become zero.
func (m *machine) put(o operand, v vector, lanes int) {
	if o.base != "" {
		copy(unsafe.Slice((*uint32)(at(m.address(o))), lanes), v[:lanes])
		return
	}
	clear(v[lanes:])
	m.vec[o.vec] = v
}

// run calls a program with arguments of 8 bytes and returns its result, which
// follows them, if it has one.
func (m *machine) run(p *program, args ...uint64) int64 {
	m.gp = map[string]*uint64{}
	copy(m.args[:], args)
	*m.reg("FP") = uint64(uintptr(unsafe.Pointer(&m.args[0])))
	*m.reg("SP") = uint64(uintptr(unsafe.Pointer(&m.frame[0])))
	for i := range m.vec {
		for j := range m.vec[i] {
			m.vec[i][j] = untouched
		}
	}
	for pc := 0; p.code[pc].op != "RET"; pc++ {
		in := &p.code[pc]
		if jump, is := jumps[in.op]; is {
			if jump(m) {
				pc = p.labels[in.args[0].label] - 1
			}
			continue
		}
		f := instructions[in.op]
		if f == nil {
			panic(fmt.Sprintf("the test's machine does not know %s", in.op))
		}
		f(m, in.args, in.lanes)
	}
	return int64(m.args[len(args)])
}
