package checkpoint

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds of one pickle. That of a ResNet-152 has about 40,000 values.
const (
	maxValues    = 2 << 20  // values pushed, memoized or copied
	maxText      = 64 << 10 // bytes per string that is kept; longer ones can't be names
	maxTextTotal = 64 << 20 // bytes of all strings
)

// The values that a pickle can build, besides nil, bool, int64, *big.Int, float64,
// string, *class, *object, *storageRef and *torchTensor.
type (
	list  struct{ items []any } // also sets
	tuple struct{ items []any }
	// dict holds the entries whose keys are strings or whole numbers, in the order of
	// insertion; others are dropped.
	dict struct {
		keys  []string
		vals  []any
		index map[string]int
	}
)

// set adds an entry, or replaces the one with the same key.
func (d *dict) set(key, val any) {
	k, ok := storageKey(key)
	if !ok {
		return
	}
	if i, ok := d.index[k]; ok {
		d.vals[i] = val
		return
	}
	if d.index == nil {
		d.index = map[string]int{}
	}
	d.index[k] = len(d.keys)
	d.keys = append(d.keys, k)
	d.vals = append(d.vals, val)
}

// get returns the value of a key, or nil.
func (d *dict) get(key string) any {
	if i, ok := d.index[key]; ok {
		return d.vals[i]
	}
	return nil
}

// machine interprets a pickle. It has a stack of values, marks on the stack, and a memo
// of values that are used again.
type machine struct {
	in      *cursor
	stack   []any
	marks   []int // heights of the stack
	memo    map[int64]any
	values  int                       // charged so far, up to maxValues
	text    int                       // bytes of strings so far, up to maxTextTotal
	persist func(id any) (any, error) // resolves a persistent id; nil: there are none
	done    bool
}

// unpickle interprets one pickle to its end and returns what it built. The cursor stops
// after it.
func unpickle(in *cursor, persist func(id any) (any, error)) (any, error) {
	m := &machine{in: in, memo: map[int64]any{}, persist: persist}
	for !m.done {
		at := in.pos
		code, err := in.byte()
		if err != nil {
			return nil, err
		}
		op := opcodes[code]
		if op == nil {
			return nil, fmt.Errorf("the pickle is damaged: byte %d, %#02x, is not an operation", at, code)
		}
		if err := op(m); err != nil {
			if err == errShort {
				return nil, err
			}
			return nil, fmt.Errorf("the pickle is damaged at byte %d: %w", at, err)
		}
	}
	return m.pop()
}

// charge counts n values towards maxValues.
func (m *machine) charge(n int) error {
	if m.values += n; m.values > maxValues {
		return fmt.Errorf("it holds more than %d values", maxValues)
	}
	return nil
}

// push charges for a value and pushes it.
func (m *machine) push(v any) error {
	if err := m.charge(1); err != nil {
		return err
	}
	m.stack = append(m.stack, v)
	return nil
}

// errStack is the error of an operation that needs more values than there are.
var errStack = errors.New("it takes a value from an empty stack")

// floor is the height of the stack at the last mark, below which values can't be popped.
func (m *machine) floor() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

// pop removes the topmost value and returns it.
func (m *machine) pop() (any, error) {
	top := len(m.stack) - 1
	if top < m.floor() {
		return nil, errStack
	}
	v := m.stack[top]
	m.stack = m.stack[:top]
	return v, nil
}

// top returns the topmost value.
func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	return m.stack[len(m.stack)-1], nil
}

// popN pops the n topmost values, in the order they were pushed.
func (m *machine) popN(n int) ([]any, error) {
	at := len(m.stack) - n
	if at < m.floor() {
		return nil, errStack
	}
	items := slices.Clone(m.stack[at:])
	m.stack = m.stack[:at]
	return items, nil
}

// popMark pops all values above the last mark.
func (m *machine) popMark() ([]any, error) {
	n := len(m.marks)
	if n == 0 {
		return nil, errors.New("it takes values up to a mark that doesn't exist")
	}
	items, err := m.popN(len(m.stack) - m.marks[n-1])
	m.marks = m.marks[:n-1]
	return items, err
}

// popTuple pops the arguments of a call.
func (m *machine) popTuple() ([]any, error) {
	v, err := m.pop()
	if err != nil {
		return nil, err
	}
	t, ok := v.(*tuple)
	if !ok {
		return nil, errors.New("a call has no tuple of arguments")
	}
	return t.items, nil
}

// remember puts the topmost value into the memo.
func (m *machine) remember(i int64) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if err := m.charge(1); err != nil {
		return err
	}
	m.memo[i] = v
	return nil
}

// recall pushes a value from the memo.
func (m *machine) recall(i int64) error {
	v, ok := m.memo[i]
	if !ok {
		return fmt.Errorf("it recalls value %d, which was never built", i)
	}
	return m.push(v)
}

// pushText pushes a string of n bytes, or a placeholder if it is too long to
// be a name.
func (m *machine) pushText(n int64) error {
	if n > maxText {
		return m.pushSkipped(n, "long string")
	}
	b, err := m.in.bytes(n)
	if err != nil {
		return err
	}
	if err := m.chargeText(len(b)); err != nil {
		return err
	}
	return m.push(string(b))
}

// line reads the rest of the line, and charges for it.
func (m *machine) line() (string, error) {
	s, err := m.in.line()
	if err != nil {
		return "", err
	}
	return s, m.chargeText(len(s))
}

// chargeText counts n bytes of text towards maxTextTotal.
func (m *machine) chargeText(n int) error {
	if m.text += n; m.text > maxTextTotal {
		return fmt.Errorf("it holds more than %d MB of text", maxTextTotal>>20)
	}
	return nil
}

// pushSkipped skips n bytes and pushes a placeholder.
func (m *machine) pushSkipped(n int64, what string) error {
	if err := m.in.skip(n); err != nil {
		return err
	}
	return m.push(&object{class: what})
}

// add puts items into a list or a set.
func add(to any, items []any) error {
	switch to := to.(type) {
	case *list:
		to.items = append(to.items, items...)
	case *object:
		to.parts = append(to.parts, items...)
	default:
		return errors.New("it appends to something that isn't a list")
	}
	return nil
}

// setItems puts items, alternately keys and values, into a dictionary.
func setItems(to any, items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a dictionary's key lacks its value")
	}
	switch to := to.(type) {
	case *dict:
		for i := 0; i < len(items); i += 2 {
			to.set(items[i], items[i+1])
		}
	case *object:
		to.parts = append(to.parts, items...)
	default:
		return errors.New("it sets an item of something that isn't a dictionary")
	}
	return nil
}
