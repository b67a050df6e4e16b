package gpu

import (
	"fmt"
	"slices"
)

// tally is how many instructions a thread executes for a slab of the sum, and around the
// loop over slabs. What depends on constants alone counts for nothing, nor does what the
// loop does not change, an expression met before, or a constant added to an address:
// compilers do away with them. Both ways of a branch count, unless constants decide it.
type tally struct {
	fma         float64 // multiply-adds of float32, one a component
	sharedReads float64
	sharedWords float64 // read by these, 32 bits each
	writes      float64 // to shared memory
	global      float64 // reads and writes
	barriers    float64
	other       float64 // index arithmetic, comparisons, branches
	around      float64 // of all kinds, before and behind the loop
}

// slab is all instructions for a slab.
func (c *tally) slab() float64 {
	return c.fma + c.sharedReads + c.writes + c.global + c.barriers + c.other
}

const dividing = 20 // instructions that a division by a variable takes

// value is what is known of a result: a number, or a name for what is unknown plus a
// number.
type value struct {
	name  int // 0: known
	plus  uint32
	moves bool // with the loop
}

// counter executes a module with known specialisation constants and unknown inputs.
// Both ways of an unknown branch are taken; the first unknown loop, over the slabs,
// is executed once, and what it holds is counted apart.
type counter struct {
	m        *module
	values   map[uint32]value
	known    map[string]value // expressions, so that each counts once
	made     map[int]inst     // what a name stands for
	pointers map[uint32]int   // storage class, of pointers
	names    int
	weight   float64 // of what is executed now
	inLoop   bool
	looped   bool
	tally
}

// count counts a kernel's instructions.
func count(code []byte, constants []uint32) (tally, error) {
	m, err := parse(code)
	if err != nil {
		return tally{}, err
	}
	c := &counter{m: m, values: map[uint32]value{}, known: map[string]value{}, made: map[int]inst{}, pointers: map[uint32]int{}, weight: 1}
	for _, in := range m.constants {
		c.constant(in, constants)
	}
	c.walk(m.entry, 0, nil)
	if !c.looped {
		return tally{}, fmt.Errorf("the kernel has no loop")
	}
	return c.tally, nil
}

// constant evaluates what stands before the function.
func (c *counter) constant(in inst, constants []uint32) {
	number := func(n uint32) { c.values[in.result] = value{plus: n} }
	if id, ok := c.m.specs[in.result]; ok && int(id) < len(constants) {
		number(constants[id])
		return
	}
	switch in.op {
	case opConstant, opSpecConstant:
		number(in.args[0])
	case opConstantTrue, opSpecConstantTrue:
		number(1)
	case opConstantFalse, opSpecConstantFalse:
		number(0)
	case opSpecConstantOp:
		c.values[in.result] = c.pure(inst{op: int(in.args[0]), kind: in.kind, result: in.result, args: in.args[1:]})
	case opVariable:
		c.pointers[in.result] = c.m.storage[in.kind]
		c.values[in.result] = c.fresh(false)
	default:
		c.values[in.result] = c.fresh(false)
	}
}

func (c *counter) fresh(moves bool) value {
	c.names++
	return value{name: c.names, moves: moves}
}

// walk executes from a block, entered from another, until one of the ends, which it
// returns; 0 at the function's end.
func (c *counter) walk(label, from uint32, ends []uint32) (end uint32) {
	for !slices.Contains(ends, label) {
		block := c.m.blocks[label]
		last := block[len(block)-1]
		for _, in := range block {
			c.execute(in, from)
		}
		switch {
		case last.op >= opReturn: // or OpUnreachable
			return 0
		case last.op == opBranch:
			from, label = label, last.args[0]
		case last.op == opBranchConditional && c.values[last.args[0]].name == 0:
			from, label = label, last.args[2-c.values[last.args[0]].plus&1]
		default:
			merge := block[len(block)-2]
			switch {
			case merge.op == opLoopMerge:
				c.once(block, label, merge.args[0], ends)
				end = merge.args[0]
			case last.op == opSwitch: // of one case: what a function that returns early becomes
				end = c.walk(last.args[1], label, append(slices.Clone(ends), merge.args[0]))
			default:
				end = c.fork(last, merge.args[0], label, ends)
			}
			if end != merge.args[0] {
				return end
			}
			from, label = 0, end
		}
	}
	return label
}

// once executes the body of a loop whose end is unknown, and counts it.
func (c *counter) once(header []inst, label, merge uint32, ends []uint32) {
	c.inLoop, c.looped = true, true
	for _, in := range header {
		c.execute(in, 0)
	}
	c.walk(header[len(header)-1].args[1], label, append(slices.Clone(ends), label, merge))
	c.inLoop = false
}

// fork takes both ways of an unknown branch, and says where they meet: at its merge, or
// at an end if none comes there.
func (c *counter) fork(branch inst, merge, label uint32, ends []uint32) (meets uint32) {
	c.add(&c.other, 1, c.values[branch.args[0]].moves)
	weight := c.weight
	for i, way := range branch.args[1:3] {
		if i == 0 {
			c.weight = weight * c.share(branch.args[0])
		}
		if end := c.walk(way, label, append(slices.Clone(ends), merge)); meets != merge {
			meets = end
		}
		c.weight = weight
	}
	return meets
}

// share is how often a condition holds: once in n if it is x mod n = 0, else always.
func (c *counter) share(condition uint32) float64 {
	equal := c.made[c.values[condition].name]
	if equal.op != opIEqual {
		return 1
	}
	mod := c.made[c.values[equal.args[0]].name]
	switch n := c.values[mod.arg(1)]; {
	case mod.op == opUMod && n.name == 0:
		return 1 / float64(n.plus)
	case mod.op == opBitwiseAnd && n.name == 0:
		return 1 / float64(n.plus+1)
	}
	return 1
}

func (in inst) arg(i int) uint32 {
	if i < len(in.args) {
		return in.args[i]
	}
	return 0
}

// add counts n instructions if they stand in the loop and change with it.
func (c *counter) add(to *float64, n float64, moves bool) {
	if !c.inLoop {
		c.around += n * c.weight
	} else if moves {
		*to += n * c.weight
	}
}

// execute executes an instruction of a block that was entered from another.
func (c *counter) execute(in inst, from uint32) {
	switch in.op {
	case opPhi:
		c.values[in.result] = c.phi(in, from)
	case opLoad:
		c.values[in.result] = c.load(in)
	case opStore:
		c.store(in)
	case opAccessChain:
		c.pointers[in.result] = c.pointers[in.args[0]]
		c.values[in.result] = c.chain(in)
	case opExtInst:
		c.values[in.result] = c.fresh(c.inLoop)
		if in.args[1] == glslFma {
			c.add(&c.fma, float64(c.width(in.kind)), true)
		} else {
			c.add(&c.other, 1, c.inLoop)
		}
	case opControlBarrier:
		c.add(&c.barriers, 1, true)
	case opCompositeConstruct, opCompositeExtract, opCompositeInsert, opVectorShuffle:
		c.values[in.result] = c.fresh(c.moves(in.args[:1]))
	default:
		if in.result != 0 {
			c.values[in.result] = c.pure(in)
		}
	}
}

// phi is a value that depends on where the block was entered from.
func (c *counter) phi(in inst, from uint32) value {
	for i := 0; from != 0 && i < len(in.args); i += 2 {
		if in.args[i+1] == from {
			return c.values[in.args[i]]
		}
	}
	return c.fresh(c.inLoop)
}

// load reads memory. Arguments of the kernel are at hand, and what the function keeps is
// in registers.
func (c *counter) load(in inst) value {
	n := float64(c.width(in.kind))
	switch c.pointers[in.args[0]] {
	case storageWorkgroup:
		c.add(&c.sharedReads, 1, true)
		c.add(&c.sharedWords, n, true)
	case storageBuffer, storageUniform:
		c.add(&c.global, 1, true)
	case storagePushConstant:
		return c.pure(in)
	}
	return c.fresh(c.inLoop)
}

func (c *counter) store(in inst) {
	switch c.pointers[in.args[0]] {
	case storageWorkgroup:
		c.add(&c.writes, 1, true)
	case storageBuffer, storageUniform:
		c.add(&c.global, 1, true)
	}
}

// chain is an address: one instruction for each array and index up to a constant.
func (c *counter) chain(in inst) value {
	index := c.values[in.args[len(in.args)-1]]
	space := c.pointers[in.result]
	if space != storageWorkgroup && space != storageBuffer && space != storageUniform || index.name == 0 {
		return c.pure(in)
	}
	key := fmt.Sprint("address ", in.args[0], index.name)
	if v, ok := c.known[key]; ok {
		return v
	}
	c.add(&c.other, 1, index.moves)
	v := c.fresh(index.moves)
	c.known[key] = v
	return v
}

// width is the number of components of a type.
func (c *counter) width(kind uint32) int { return max(c.m.vectors[kind], 1) }

func (c *counter) moves(args []uint32) bool {
	for _, a := range args {
		if c.values[a].moves {
			return true
		}
	}
	return false
}

// pure evaluates an expression: what is known, or was met before, costs nothing.
func (c *counter) pure(in inst) value {
	if v, ok := c.fold(in); ok {
		return v
	}
	key := fmt.Sprint(in.op)
	for _, a := range in.args {
		if v, ok := c.values[a]; ok {
			key += fmt.Sprint(" ", v)
		} else {
			key += fmt.Sprint(" literal ", a)
		}
	}
	if v, ok := c.known[key]; ok {
		return v
	}
	v := c.fresh(c.moves(in.args))
	c.known[key], c.made[v.name] = v, in
	c.add(&c.other, c.cost(in)*float64(c.width(in.kind)), v.moves)
	return v
}

// cost is how many instructions an expression takes.
func (c *counter) cost(in inst) float64 {
	switch in.op {
	case opBitcast, opCopyObject, opUndef, opLoad, opAccessChain:
		return 0
	case opUDiv, opUMod:
		switch by := c.values[in.args[1]]; {
		case by.name != 0:
			return dividing
		case by.plus&(by.plus-1) == 0:
			return 1
		}
		return 3 // a multiplication's upper half, a shift, and for the rest another
	}
	return 1
}

// fold evaluates what is known, x plus a constant, and what does nothing.
func (c *counter) fold(in inst) (value, bool) {
	if len(in.args) == 3 && in.op == opSelect && c.values[in.args[0]].name == 0 {
		return c.values[in.args[2-c.values[in.args[0]].plus&1]], true
	}
	if len(in.args) == 1 {
		x := c.values[in.args[0]]
		switch in.op {
		case opBitcast, opCopyObject:
			return x, true
		case opLogicalNot:
			return value{plus: 1 - x.plus&1}, x.name == 0
		}
	}
	if len(in.args) != 2 {
		return value{}, false
	}
	x, y := c.values[in.args[0]], c.values[in.args[1]]
	switch {
	case in.op == opIAdd && y.name == 0:
		return value{x.name, x.plus + y.plus, x.moves}, true
	case in.op == opIAdd && x.name == 0:
		return value{y.name, x.plus + y.plus, y.moves}, true
	case in.op == opISub && y.name == 0:
		return value{x.name, x.plus - y.plus, x.moves}, true
	case in.op == opIMul && x == (value{plus: 1}), in.op == opLogicalAnd && x == (value{plus: 1}), in.op == opLogicalOr && x == (value{}):
		return y, true
	case (in.op == opIMul || in.op == opUDiv) && y == (value{plus: 1}):
		return x, true
	case in.op == opIMul && (x == value{} || y == value{}), in.op == opUMod && y == value{plus: 1}, in.op == opLogicalAnd && (x == value{} || y == value{}):
		return value{}, true
	case x.name != 0 || y.name != 0:
		return value{}, false
	}
	n, ok := compute(in.op, x.plus, y.plus)
	return value{plus: n}, ok
}

// compute is an operation on numbers.
func compute(op int, x, y uint32) (uint32, bool) {
	switch op {
	case opIMul:
		return x * y, true
	case opUDiv:
		return x / max(y, 1), true
	case opUMod:
		return x % max(y, 1), true
	case opIEqual:
		return b2i(x == y), true
	case opINotEqual:
		return b2i(x != y), true
	case opUGreaterThan:
		return b2i(x > y), true
	case opUGreaterThanEqual:
		return b2i(x >= y), true
	case opULessThan:
		return b2i(x < y), true
	case opULessThanEqual:
		return b2i(x <= y), true
	case opLogicalAnd, opBitwiseAnd:
		return x & y, true
	case opLogicalOr:
		return x | y, true
	case opShiftLeftLogical:
		return x << y, true
	case opShiftRightLogical:
		return x >> y, true
	}
	return 0, false
}

func b2i(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
