package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"resnet-tui/profile"
)

// foldedFrame replaces what a frame of the format can't contain. A space is
// allowed: only the last one of a line separates the count.
var foldedFrame = strings.NewReplacer(";", ",", "\n", " ")

// Folded writes folded stacks, the format of https://github.com/brendangregg/FlameGraph:
// one line per stack, its frames from the root to the leaf joined by semicolons,
// a space, and a whole number. Here it is the mean time in nanoseconds per pass.
// There is one stack per kernel, in execution order, and one for the overhead.
func Folded(w io.Writer, p *profile.Profile) error {
	b := bufio.NewWriter(w) // it keeps the first error, for Flush
	for _, s := range meanStacks(p) {
		frames := make([]string, len(s.frames))
		for i, f := range s.frames {
			frames[i] = profile.Printable(foldedFrame.Replace(f))
		}
		fmt.Fprintf(b, "%s %d\n", strings.Join(frames, ";"), s.ns)
	}
	return b.Flush()
}
