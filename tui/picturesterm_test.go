package tui

import (
	"context"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"resnet-tui/internal/app/live"
)

// stream is a terminal's input, as it comes.
type stream struct {
	mu  sync.Mutex
	all []string // writes
}

func (r *stream) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, string(p))
	return len(p), nil
}

func (r *stream) writes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *stream) text() string { return strings.Join(r.writes(), "") }

// await waits until what has come since start contains something, and returns it.
func (r *stream) await(t *testing.T, start int, part string) string {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s := r.text()[start:]; strings.Contains(s, part) {
			return s
		}
	}
	t.Fatalf("%q does not come in %.200q", part, r.text()[start:])
	return ""
}

// pictureView shows an image beside text on both sides.
type pictureView struct {
	treeView
	img  image.Image
	text string
}

func (*pictureView) title() string { return "Picture" }

func (v *pictureView) draw(c *canvas, r rect) {
	for y := range 6 {
		c.text(r.x, r.y+y, r.x+r.w, v.text+"                     "+v.text, plainText)
	}
	v.pictures.draw(c, rect{r.x + 8, r.y, 12, 6}, "test", v.img)
}

// change is a message that changes the view.
type change func(v *pictureView)

// pictureModel is a screen with such a view.
type pictureModel struct {
	*Model
	v *pictureView
}

func (m pictureModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if f, ok := msg.(change); ok {
		f(m.v)
	}
	_, cmd := m.Model.Update(msg)
	return m, cmd
}

// startPictures runs a program that shows an image; what it returns ends it.
func startPictures(t *testing.T, graphics string) (*tea.Program, *stream, func()) {
	t.Helper()
	r := &stream{}
	keys, typed := io.Pipe()
	e := start(t, live.Options{Model: build(t, "resnet18"), Device: fake(nil)})
	o := Options{Engine: e, In: keys, Out: r, Environ: []string{"TERM=xterm-256color"}, Graphics: graphics}
	m := New(o)
	v := &pictureView{treeView{m.shared}, flat(8, 8, color.RGBA{1, 2, 3, 255}), "left"}
	m.views[len(m.views)-1] = v // in place of the last one
	m.show(v)
	streams := streams{o.In, o.Out, o.Environ}.under(m)
	options := append(streams.options(context.Background()), tea.WithWindowSize(80, 24),
		tea.WithColorProfile(colorprofile.TrueColor))
	p := tea.NewProgram(pictureModel{m, v}, options...)
	ended := make(chan error, 1)
	go func() { _, err := p.Run(); ended <- err }()
	return p, r, func() {
		p.Quit()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = typed.Close()
	}
}

// TestKittyOnATerminal: nothing on the screen refers to an image that hasn't been sent.
func TestKittyOnATerminal(t *testing.T) {
	p, r, end := startPictures(t, "kitty")
	defer end()
	const placeholder = "\U0010eeee"
	s := r.await(t, 0, placeholder)
	if sent := strings.Index(s, "\x1b_Ga=T"); sent < 0 || sent > strings.Index(s, placeholder) {
		t.Errorf("the image is sent at %d, seen at %d", sent, strings.Index(s, placeholder))
	}
	at := len(r.text())
	p.Send(change(func(v *pictureView) { v.img = flat(8, 8, color.RGBA{9, 9, 9, 255}) }))
	s = r.await(t, at, placeholder)
	if sent := strings.Index(s, "\x1b_Ga=T"); sent < 0 || sent > strings.Index(s, placeholder) {
		t.Errorf("the next image is sent at %d, seen at %d", sent, strings.Index(s, placeholder))
	}
	at = len(r.text())
	p.Send(tea.KeyPressMsg{Code: '1', Text: "1"})
	if s = r.await(t, at, "a=d,d=I"); strings.Contains(s, placeholder) {
		t.Errorf("leaving the view draws images: %.200q", s)
	}
}

// TestSixelOnATerminal: whatever a frame writes, the image is what was written last in its
// place, in the same write.
func TestSixelOnATerminal(t *testing.T) {
	p, r, end := startPictures(t, "sixel")
	defer end()
	const sixel = "\x1bP0;1;0q"
	r.await(t, 0, sixel)
	for _, text := range []string{"changed", "x", "", "other"} {
		p.Send(change(func(v *pictureView) { v.text = text }))
		time.Sleep(50 * time.Millisecond) // a frame
	}
	r.await(t, 0, "other")
	at := len(r.text())
	p.Send(change(func(v *pictureView) { v.img = flat(8, 8, color.RGBA{9, 9, 9, 255}) }))
	if s := r.await(t, at, sixel); strings.ContainsAny(s[:strings.Index(s, sixel)], hardBlank+dotBlank) {
		t.Errorf("another image blanks the place: %q", s)
	}
	at = len(r.text())
	p.Send(tea.WindowSizeMsg{Width: 90, Height: 24})
	r.await(t, at, sixel)
	for _, write := range r.writes() {
		if blank := strings.LastIndexAny(write, hardBlank+dotBlank); blank > strings.LastIndex(write, sixel) {
			t.Errorf("a frame leaves blanks where an image is: %q", write)
		}
	}
}
