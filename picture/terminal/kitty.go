package terminal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"

	"github.com/charmbracelet/x/ansi/kitty"

	"resnet-tui/picture"
)

// ID names an image that a terminal keeps: its lowest byte, which isn't 0, and its highest
// are set, so that it can be written as one of 256 colours and a mark.
type ID struct{ High, Low uint8 }

func (id ID) number() uint32 { return uint32(id.High)<<24 | uint32(id.Low) }

// chunk is how much base64 one sequence of kitty's protocol may have.
const chunk = 4096

// KittyImage is the sequence that sends an image, for w×h cells of cellW×cellH pixels, to
// a terminal with kitty's graphics protocol. It doesn't show it: it is seen where
// KittyCells are written. An image that the terminal has under this name is replaced. tmux
// says whether it must be passed through tmux. It is "" if there is nothing to draw.
func KittyImage(id ID, img image.Image, w, h, cellW, cellH int, tmux bool) string {
	if !drawable(img, w, h) {
		return ""
	}
	var data bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&data, scaleFor(img, w*cellW, h*cellH)); err != nil {
		return ""
	}
	// Display with U=1 makes a virtual placement, which cells refer to.
	keys := fmt.Sprintf("a=T,U=1,q=2,f=100,i=%d,c=%d,r=%d,", id.number(), w, h)
	var out strings.Builder
	for text := base64.StdEncoding.EncodeToString(data.Bytes()); text != ""; {
		n, more := min(len(text), chunk), 0
		if n < len(text) {
			more = 1
		}
		out.WriteString(apc(fmt.Sprintf("%sm=%d;%s", keys, more, text[:n]), tmux))
		text, keys = text[n:], "q=2,"
	}
	return out.String()
}

// scaleFor makes an image of about w×h pixels: no larger, since the terminal wouldn't show
// more, and a small one by a whole number, so that its pixels stay squares.
func scaleFor(img image.Image, w, h int) image.Image {
	size := img.Bounds().Size()
	zoom := min(w/size.X, h/size.Y)
	switch {
	case zoom > 1:
		w, h = size.X*zoom, size.Y*zoom
	case size.X <= w && size.Y <= h:
		return img
	}
	scaled, err := picture.Fit(img, max(w, 1), max(h, 1))
	if err != nil {
		return img
	}
	return scaled
}

// KittyCells are w×h cells that show an image that was sent for as many. They are text
// like any other for programs that don't know the protocol, such as tmux, and are moved and
// cleared as that.
func KittyCells(id ID, w, h int) []Cell {
	if w < 1 || h < 1 || w > maxCells || h > maxCells {
		return nil
	}
	style := fmt.Sprintf("\x1b[38;5;%dm", id.Low)
	cells := make([]Cell, 0, w*h)
	high := string(kitty.Diacritic(int(id.High)))
	for y := range h {
		row := string(kitty.Placeholder) + string(kitty.Diacritic(y))
		for x := range w {
			cells = append(cells, Cell{row + string(kitty.Diacritic(x)) + high, style})
		}
	}
	return cells
}

// KittyMost is how many cells such an image can have in either direction: there are marks
// for no more.
const KittyMost = 297

// KittyDelete makes the terminal forget an image.
func KittyDelete(id ID, tmux bool) string {
	return apc(fmt.Sprintf("a=d,d=I,q=2,i=%d", id.number()), tmux)
}

// apc is a command of kitty's protocol. tmux passes on what stands in a sequence of its
// own, with every escape in it doubled.
func apc(command string, tmux bool) string {
	if tmux {
		return "\x1bPtmux;\x1b\x1b_G" + command + "\x1b\x1b\\\x1b\\"
	}
	return "\x1b_G" + command + "\x1b\\"
}
