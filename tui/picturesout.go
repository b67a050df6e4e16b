package tui

import (
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/picture/terminal"
)

// kittyImage is what the terminal has of an image. It has two names, used in turn: under
// one it is seen while the next is on its way under the other.
type kittyImage struct {
	names [2]terminal.ID // their Low is 0 as long as there are none
	at    int            // the one that is seen
	sent  bool           // the other one is on its way
}

// kittyIDs gives names to images. The high byte tells those of this program from those of
// others on the same terminal.
type kittyIDs struct {
	last  uint8
	taken [256]bool
}

// take returns a name that has not been in use for as long as possible: until the next
// frame the screen may still refer to one that was given back. Its Low is 0 if all are in
// use.
func (k *kittyIDs) take() terminal.ID {
	for range k.taken {
		if k.last++; k.last != 0 && !k.taken[k.last] {
			k.taken[k.last] = true
			return terminal.ID{High: 1 + uint8(os.Getpid()%250), Low: k.last}
		}
	}
	return terminal.ID{}
}

// placeKitty sends an image that has changed. Until it has arrived, the cells are those of
// the one before, or blank if that was for another size. More images than there are names
// for are drawn with blocks.
func (p *pictures) placeKitty(s *shown, changed, resized bool) {
	if !changed {
		return
	}
	k := &s.kitty
	if k.names[0].Low == 0 {
		k.names = [2]terminal.ID{p.ids.take(), p.ids.take()}
	}
	if k.names[1].Low == 0 {
		s.cells = terminal.Blocks(s.img, s.at.w, s.at.h, s.by.grid, s.by.colours)
		return
	}
	if resized {
		s.cells = blankCells(s.at.w * s.at.h)
	}
	k.sent = true
	p.out.text.WriteString(
		terminal.KittyImage(k.names[1-k.at], s.img, s.at.w, s.at.h, p.cellW, p.cellH, p.answers.Tmux))
}

// arrive shows the images that have been sent, and reports whether there were any.
func (p *pictures) arrive() (changed bool) {
	for _, s := range p.shown {
		if k := &s.kitty; k.sent {
			k.at, k.sent = 1-k.at, false
			s.cells, changed = terminal.KittyCells(k.names[k.at], s.at.w, s.at.h), true
		}
	}
	return changed
}

// forgetKitty makes the terminal forget an image.
func (p *pictures) forgetKitty(s *shown) {
	for _, id := range s.kitty.names {
		if id.Low != 0 {
			p.ids.taken[id.Low] = false
			p.out.text.WriteString(terminal.KittyDelete(id, p.answers.Tmux))
		}
	}
	s.kitty = kittyImage{}
}

func blankCells(n int) []terminal.Cell {
	cells := make([]terminal.Cell, n)
	for i := range cells {
		cells[i].Text = " "
	}
	return cells
}

// send hands bubbletea what is to be written before the frame that was just drawn.
func (p *pictures) send() tea.Cmd {
	if p.out.text.Len() == 0 {
		return nil
	}
	return tea.Raw(&p.out)
}

// farewell is what leaves the terminal without images at the end.
func (p *pictures) farewell() string {
	for _, s := range p.shown {
		p.forgetKitty(s)
	}
	return p.out.String()
}

// outbox collects what is to be written besides frames. As the text of bubbletea's raw
// message it is taken in bubbletea's own loop, so that everything comes in order.
type outbox struct{ text strings.Builder }

// String takes what there is.
func (o *outbox) String() string {
	text := o.text.String()
	o.text.Reset()
	return text
}
