package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"resnet-tui/profile"
)

// Folded writes one line per stack: frames with semicolons between, a space, and
// whole nanoseconds per pass. flamegraph.pl, inferno and speedscope read it.
func Folded(w io.Writer, p *profile.Profile) error {
	b := bufio.NewWriter(w)
	for _, s := range stacks(p) {
		frames := make([]string, len(s.frames))
		for i, f := range s.frames {
			frames[i] = strings.NewReplacer(";", ",", "\n", " ").Replace(f)
		}
		fmt.Fprintf(b, "%s %d\n", strings.Join(frames, ";"), s.ns)
	}
	return b.Flush()
}
