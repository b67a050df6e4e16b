package gpu

import (
	"encoding/binary"
	"fmt"
)

// The operations of SPIR-V that counting must know, by their numbers.
const (
	opExtInst               = 12
	opConstantTrue          = 41
	opConstantFalse         = 42
	opConstant              = 43
	opConstantComposite     = 44
	opSpecConstantTrue      = 48
	opSpecConstantFalse     = 49
	opSpecConstant          = 50
	opSpecConstantComposite = 51
	opSpecConstantOp        = 52
	opTypeVector            = 23
	opTypePointer           = 32
	opFunctionEnd           = 56
	opVariable              = 59
	opLoad                  = 61
	opStore                 = 62
	opAccessChain           = 65
	opDecorate              = 71
	opMemberDecorate        = 72
	opVectorShuffle         = 79
	opCompositeConstruct    = 80
	opCompositeExtract      = 81
	opCompositeInsert       = 82
	opCopyObject            = 83
	opUndef                 = 1
	opBitcast               = 124
	opIAdd                  = 128
	opISub                  = 130
	opIMul                  = 132
	opUDiv                  = 134
	opUMod                  = 137
	opLogicalOr             = 166
	opLogicalAnd            = 167
	opLogicalNot            = 168
	opSelect                = 169
	opIEqual                = 170
	opINotEqual             = 171
	opUGreaterThan          = 172
	opUGreaterThanEqual     = 174
	opULessThan             = 176
	opULessThanEqual        = 178
	opShiftRightLogical     = 194
	opShiftLeftLogical      = 196
	opBitwiseAnd            = 199
	opControlBarrier        = 224
	opPhi                   = 245
	opLoopMerge             = 246
	opSelectionMerge        = 247
	opLabel                 = 248
	opBranch                = 249
	opBranchConditional     = 250
	opSwitch                = 251
	opReturn                = 253
)

const (
	decorationSpecID  = 1
	decorationBuiltIn = 11
	glslFma           = 50
)

// Storage classes.
const (
	storageWorkgroup    = 4
	storagePushConstant = 9
	storageBuffer       = 12
	storageUniform      = 2 // of buffers, before SPIR-V 1.3
)

// inst is an instruction: its operands are the words behind its type and result.
type inst struct {
	op           int
	kind, result uint32 // 0 where it has none
	args         []uint32
}

// module is a kernel in SPIR-V, as far as counting needs it.
type module struct {
	constants []inst            // types, constants and variables, in order
	blocks    map[uint32][]inst // by label, without it
	entry     uint32
	specs     map[uint32]uint32 // number of the specialisation constant, by result
	vectors   map[uint32]int    // components, by type
	storage   map[uint32]int    // storage class, by pointer type
}

// parse reads a module of one function.
func parse(code []byte) (*module, error) {
	m := &module{blocks: map[uint32][]inst{}, specs: map[uint32]uint32{}, vectors: map[uint32]int{}, storage: map[uint32]int{}}
	if len(code) < 20 || binary.LittleEndian.Uint32(code) != 0x07230203 {
		return nil, fmt.Errorf("this is no SPIR-V")
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	var label uint32
	for at := 5; at < len(words); {
		n := int(words[at] >> 16)
		if n == 0 || at+n > len(words) {
			return nil, fmt.Errorf("word %d: an instruction of %d words", at, n)
		}
		label = m.add(decode(words[at:at+n]), label)
		at += n
	}
	return m, nil
}

// decode splits an instruction.
func decode(words []uint32) inst {
	in := inst{op: int(words[0] & 0xffff)}
	rest := words[1:]
	switch {
	case in.op == opLabel || in.op >= 19 && in.op <= 33: // types have a result only
		in.result, rest = rest[0], rest[1:]
	case in.op == opStore, in.op == opDecorate, in.op == opControlBarrier, in.op >= opLoopMerge, in.op < 41 && in.op != opExtInst && in.op != opUndef,
		in.op == opMemberDecorate, in.op == opFunctionEnd:
	default:
		in.kind, in.result, rest = rest[0], rest[1], rest[2:]
	}
	in.args = rest
	return in
}

// add files an instruction; label is the block that it stands in, or 0.
func (m *module) add(in inst, label uint32) uint32 {
	switch {
	case in.op == opLabel:
		if m.entry == 0 {
			m.entry = in.result
		}
		return in.result
	case in.op == opDecorate && in.args[1] == decorationSpecID:
		m.specs[in.args[0]] = in.args[2]
	case in.op == opTypeVector:
		m.vectors[in.result] = int(in.args[1])
	case in.op == opTypePointer:
		m.storage[in.result] = int(in.args[0])
	case in.op == opFunctionEnd:
		return 0
	case label != 0:
		m.blocks[label] = append(m.blocks[label], in)
	case in.result != 0:
		m.constants = append(m.constants, in)
	}
	return label
}
