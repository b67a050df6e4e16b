package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// plain is what a screen shows, without colours and blanks at line ends.
func plain(m *Model) string {
	m.stale = true
	lines := strings.Split(ansi.Strip(m.View().Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestLayers(t *testing.T) {
	for _, size := range [][2]int{{120, 24}, {80, 24}, {60, 15}, {20, 5}, {200, 50}, {19, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "resnet101", size[0], size[1])
			run(t, m, true, 20)
			golden.RequireEqual(t, plain(m))
		})
	}
}
