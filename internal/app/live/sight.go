package live

import (
	"image"

	"resnet-tui/resnet/inspect"
)

// Sight says what to look at inside the net, for the first image of the batch. The zero
// Sight is nothing.
type Sight struct {
	At     string         // a layer or a block, see inspect.Find
	Method inspect.Method // of the explanation; "" for none
	Class  int            // that is explained; Likeliest leaves it to the net
}

// Likeliest is the Class that the net finds likeliest.
const Likeliest = -1

// See asks for what leaves a place of the net, what the net makes of the image, and why:
// see State.Seen. It holds, whatever becomes of the net, until the next one; the zero See ends
// it. Passes wait while it is answered.
type See struct{ Sight }

// Occlude asks for passes without a part of the image: the pixels of Patch are set to 0,
// after normalisation, until another one comes; an empty Patch covers nothing. Of those
// that come while a pass runs, the last counts. It needs a See. While something is covered
// no other passes run.
type Occlude struct{ Patch image.Rectangle }

func (r See) apply(d *desired) {
	if d.sight = r.Sight; r.At == "" {
		d.sight, d.patch = Sight{}, image.Rectangle{}
	}
}

func (r Occlude) apply(d *desired) {
	if d.sight.At != "" {
		d.patch = r.Patch.Canon()
	}
}
