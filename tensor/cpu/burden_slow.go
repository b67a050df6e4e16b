//go:build slowlayer

package cpu

import (
	"os"
	"strconv"
	"strings"

	"resnet-tui/tensor/cpu/internal/asm"
)

// burden makes the launches of one layer slower by a share of what they take, for tests
// that a comparison finds it: RESNET_TUI_SLOW=layer2.0.conv1=0.03 makes that layer 3 %
// slower. Without the variable it slows nothing.
type burden struct{ began int64 }

// The path of the layer, and the share.
var slowedPath, slowedShare = readSlowed(os.Getenv("RESNET_TUI_SLOW"))

func readSlowed(text string) (path string, share float64) {
	path, number, _ := strings.Cut(text, "=")
	share, err := strconv.ParseFloat(number, 64)
	if text != "" && (err != nil || share < 0) {
		panic("RESNET_TUI_SLOW: it must be a layer's path and a share, as layer2.0.conv1=0.03")
	}
	return path, share
}

// begin notes when a launch begins.
func (b *burden) begin() { b.began = asm.Ticks() }

// end spins for the share of the time since begin, if the launch is the layer's.
func (b *burden) end(sc *schedule, ln *launch) {
	if sc.head(ln).Path != slowedPath {
		return
	}
	now := asm.Ticks()
	until := now + int64(slowedShare*float64(now-b.began))
	for now < until {
		now = asm.Ticks()
	}
}
