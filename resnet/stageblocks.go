package resnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Blocks are the numbers of blocks of a net's stages, as in [3 4 6 3]: four, or the
// CIFAR family's three and a zero. The zero value stands for those of the net's depth.
type Blocks [4]int

var errBlocks = errors.New("it must be the number of blocks of each stage, for example 3,4,6,3")

// List returns the numbers of the stages that there are, nil for the zero value.
func (b Blocks) List() []int {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	if n == 0 {
		return nil
	}
	return b[:n]
}

// joined is the numbers with sep between them.
func (b Blocks) joined(sep string) string {
	var text []string
	for _, n := range b.List() {
		text = append(text, strconv.Itoa(n))
	}
	return strings.Join(text, sep)
}

// total is the number of all blocks.
func (b Blocks) total() (n int) {
	for _, stage := range b {
		n += stage
	}
	return n
}

// String is the numbers with commas between them, "" for the zero value.
func (b Blocks) String() string { return b.joined(",") }

// Type is the metavariable shown in help.
func (b *Blocks) Type() string { return "N,N…" }

// Set parses numbers with commas between them. Anything but three or four numbers from
// 1 to 10000 is an error, and leaves the value as it is.
func (b *Blocks) Set(s string) error {
	var list []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return errBlocks
		}
		list = append(list, n)
	}
	return b.take(list)
}

// take sets the numbers, if they are possible.
func (b *Blocks) take(list []int) error {
	for _, n := range list {
		if n < 1 || n > maxDepth {
			return fmt.Errorf("a stage has from 1 to %d blocks", maxDepth)
		}
	}
	switch n := len(list); {
	case n > len(b):
		return fmt.Errorf("a net has four stages (cifar: three), not %d", n)
	case n < len(b)-1:
		return errBlocks
	}
	*b = Blocks{}
	copy(b[:], list)
	return nil
}

// MarshalJSON returns the list of the numbers.
func (b Blocks) MarshalJSON() ([]byte, error) { return json.Marshal(b.List()) }

// UnmarshalJSON parses a list of numbers, with the errors of Set.
func (b *Blocks) UnmarshalJSON(text []byte) error {
	var list []int
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	return b.take(list)
}
