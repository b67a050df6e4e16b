package tui

import (
	"image"
	"slices"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
)

// seeView shows an image and what the net makes of it: what leaves the layer under the
// tree's cursor, which part of the image makes a class likely, and what a unit can see.
// While its tab is open, the engine looks inside the net.
type seeView struct {
	treeView
	body   rect // at 0, 0
	open   bool // its tab is
	asked  live.Sight
	method int         // into inspect.Methods
	class  int         // that was chosen, live.Likeliest before
	row    *node       // that inner belongs to
	inner  int         // layers before the row's last one that are looked at
	page   int         // of channels
	seen   seeImages   // made of the newest answer
	unit   image.Point // pixel of the image that the mouse is on
	over   bool        // it is on one
	patch  image.Rectangle
}

// Keys of the view.
var (
	classKey     = bind("c", "next class", "c")
	classBackKey = bind("C", "class before", "C")
	methodKey    = bind("m", "next method", "m")
	innerKey     = bind("a", "next layer of the row", "a")
	pageKey      = bind("]", "next channels", "]")
	pageBackKey  = bind("[", "channels before", "[")
	uncoverKey   = bind("esc", "uncover the image", "esc")
)

func (v *seeView) title() string { return "See" }

// missing: a recording has times, and neither weights nor an image.
func (v *seeView) missing() string {
	return when(v.about.Recorded, "a recording has no weights and no image to look at: open the net itself, with --arch or --weights")
}

// opened begins to look, closed ends it. A patch stays where it is, and what it changes
// stays in the tree.
func (v *seeView) opened() { v.open = true }

func (v *seeView) closed() {
	v.open, v.over, v.asked = false, false, live.Sight{}
	v.screen.request(live.See{})
}

func (v *seeView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if !v.open || v.noEngine() != "" {
		return
	}
	v.ask()
	v.seen.take(v.state.Seen, v.about)
	v.page = max(min(v.page, v.pages()-1), 0)
	v.seen.prepare(v.channels())
}

// ask asks for what the cursor, the method and the class mean now.
func (v *seeView) ask() {
	n := v.list.selected()
	if n != v.row {
		v.row, v.inner = n, 0
	}
	to := live.Sight{At: v.place(), Method: inspect.Methods[v.method], Class: v.class}
	if to.At == "" || to == v.asked {
		return
	}
	if to.At != v.asked.At {
		v.page = 0
	}
	first := v.asked == live.Sight{}
	v.asked = to
	v.screen.request(live.See{Sight: to})
	if first && !v.patch.Empty() {
		v.screen.request(live.Occlude{Patch: v.patch})
	}
}

// place is what is looked at: the layer of the cursor's row, or the block whose output that
// is. A row that has no layer leaves it as it is.
func (v *seeView) place() string {
	l := v.layer()
	if l == nil {
		if v.asked.At != "" {
			return v.asked.At
		}
		return inspect.LastBlock(v.about.Model.Model).Path
	}
	for _, b := range v.list.tree.model.Blocks() {
		if b.To == l.Index {
			return b.Path
		}
	}
	return string(l.At())
}

// layer is the one that the cursor is at, nil for a row without any.
func (v *seeView) layer() *nn.Layer {
	if v.row == nil {
		return nil
	}
	if n := len(v.row.Layers); n > 0 {
		return v.row.Layers[n-1-min(v.inner, n-1)]
	}
	return v.row.Last()
}

func (v *seeView) footer() []key.Binding {
	return []key.Binding{
		named(classKey, "class"), named(methodKey, "method"), named(pageKey, "channels"), named(uncoverKey, "uncover"),
		named(v.keymap.Toggle, "to the tree"), named(innerKey, "layer"), named(v.keymap.NextView, "view"),
	}
}

func (v *seeView) actions() []action {
	nothing := when(v.state.Seen == nil || len(v.state.Seen.Classes) == 0, "there are no classes yet")
	alone := when(v.row == nil || len(v.row.Layers) < 2, "the row is a single layer")
	last, first := when(v.page+1 >= v.pages(), "these are the last channels"), when(v.page == 0, "these are the first channels")
	own := []action{
		does(aboutView, classKey, func() { v.turnClass(1) }).offWhile(nothing),
		does(aboutView, classBackKey, func() { v.turnClass(-1) }).offWhile(nothing),
		does(aboutView, methodKey, func() { v.method = (v.method + 1) % len(inspect.Methods) }),
		does(aboutView, innerKey, func() { v.inner = (v.inner + 1) % len(v.row.Layers) }).offWhile(alone),
		does(aboutView, pageKey, func() { v.page++ }).offWhile(last),
		does(aboutView, pageBackKey, func() { v.page-- }).offWhile(first),
	}
	if !v.patch.Empty() {
		own = append(own, does(aboutView, uncoverKey, func() { v.cover(image.Rectangle{}) }))
	}
	for i := range own {
		own[i] = own[i].offForGood(v.noEngine())
	}
	return append(own, v.treeView.actions()...)
}

// turnClass explains the class that is d places less likely.
func (v *seeView) turnClass(d int) {
	all := v.state.Seen.Classes
	at := slices.IndexFunc(all, func(g live.Guess) bool { return g.Class == v.chosen() })
	v.class = all[(at+d+len(all))%len(all)].Class
}

// chosen is the class that is explained, or will be.
func (v *seeView) chosen() int {
	if v.class != live.Likeliest || v.state.Seen == nil || len(v.state.Seen.Classes) == 0 {
		return v.class
	}
	return v.state.Seen.Classes[0].Class
}

// className is a class's number, and its name where that is known.
func (v *seeView) className(class int) string {
	if class >= 0 && class < len(v.about.Classes) {
		return v.about.Classes[class]
	}
	return "class " + profile.Count.Figure(float64(class)).Number
}
