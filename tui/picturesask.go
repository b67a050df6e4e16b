package tui

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"resnet-tui/picture/terminal"
)

// ask asks what the terminal can draw, if that matters. Nobody waits for the answers: what
// it can is used from the frame on that follows them. tmux doesn't pass answers of its
// terminal on as such, so tmux itself is asked which one that is.
func (p *pictures) ask(environ []string) tea.Cmd {
	variables := uv.Environ(environ)
	if environ == nil {
		variables = os.Environ()
	}
	p.answers.Term = variables.Getenv("TERM")
	p.answers.Program = variables.Getenv("TERM_PROGRAM")
	p.answers.Tmux = variables.Getenv("TMUX") != ""
	if !slices.Contains([]string{"", "auto", "kitty", "sixel", "cells"}, p.graphics) || !p.answers.Asks() {
		return nil
	}
	question := terminal.Question(p.answers.Tmux)
	if runtime.GOOS == "windows" { // elsewhere the terminal's output adds it to every question
		question += terminal.LastQuestion
	}
	if p.answers.Tmux {
		return tea.Batch(tea.Raw(question), askTmux)
	}
	return tea.Raw(question)
}

// tmuxMsg is what tmux says of itself.
type tmuxMsg struct {
	name   string // the TERM of the terminal in which it is shown
	passes bool   // it passes sequences on
}

// askTmux asks tmux; without an answer within a second it passes nothing on.
func askTmux() tea.Msg {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tmux", "display-message", "-p",
		"#{allow-passthrough} #{client_termname}").Output()
	if err != nil {
		return tmuxMsg{}
	}
	return tmuxAnswer(string(out))
}

// tmuxAnswer reads what tmux says: whether it passes sequences on, which it writes as 1 or
// 2 for all, and the name of its terminal.
func tmuxAnswer(text string) tmuxMsg {
	passes, name, _ := strings.Cut(strings.TrimSpace(text), " ")
	return tmuxMsg{name, slices.Contains([]string{"1", "2", "on", "all"}, passes)}
}

// receive takes a message about pictures. taken says whether it is of no use to others,
// changed whether the next frame differs for it.
func (p *pictures) receive(msg tea.Msg) (taken, changed bool) {
	answers, w, h := p.answers, p.cellW, p.cellH
	switch msg := msg.(type) {
	case tea.RawMsg:
		return true, p.arrive()
	case tea.WindowSizeMsg:
		p.askSize()
		return false, true
	case tmuxMsg:
		p.answers.Name, p.answers.Passes = msg.name, msg.passes
	case tea.TerminalVersionMsg:
		if !p.answers.Tmux {
			p.answers.Name = msg.Name
		}
	case uv.KittyGraphicsEvent:
		p.answers.Kitty = string(msg.Payload) == "OK"
	case uv.PrimaryDeviceAttributesEvent:
		p.answers.Sixel = slices.Contains(msg, terminal.SixelAttribute)
	case uv.CellSizeEvent:
		if msg.Width >= 1 && msg.Height >= 1 && msg.Width <= 200 && msg.Height <= 400 {
			p.cellW, p.cellH = msg.Width, msg.Height
		}
	default:
		return false, false
	}
	return true, p.answers != answers || p.cellW != w || p.cellH != h
}

// askSize asks for the size of cells, which may be another when that of the screen is.
func (p *pictures) askSize() {
	if p.drawing() >= terminal.Sixel && p.answers.Asks() {
		p.out.text.WriteString(terminal.CellQuestion)
	}
}
