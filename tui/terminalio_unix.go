//go:build unix

package tui

import (
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"resnet-tui/picture/terminal"
)

// tty is the user's terminal while a program of the screen has it. bubbletea asks
// it questions (for its background, for what it can do), some of which a terminal may
// leave unanswered. So a question that every terminal answers follows them: its answer
// says that no other is due. When the screen ends or stops, what is still due is read
// here; else it would stand at the shell's prompt as if it had been typed.
type tty struct {
	in, out *os.File
	before  *term.State   // as it was found
	due     atomic.Int32  // last questions without their answers
	answer  answerScanner // of what is read
	others  *diversion    // of what is not ours to the terminal; nil if it can't be
	gone    func(error)   // called when there is no more input: someone has closed the terminal
}

// questions are those that may be asked.
var questions = []string{
	ansi.RequestBackgroundColor, ansi.RequestKittyKeyboard,
	ansi.RequestModeSynchronizedOutput, ansi.RequestModeUnicodeCore, terminal.CellQuestion,
}

// lastQuestion is the one that every terminal answers, in order: DA1.
const lastQuestion = terminal.LastQuestion

// terminalIn is a terminal's input; it notes the answers that come in.
type terminalIn struct {
	*os.File
	t *tty
}

// Read reads keys and answers, as os.File does.
func (in terminalIn) Read(b []byte) (int, error) {
	n, err := in.File.Read(b)
	in.t.due.Add(-in.t.answer.count(b[:n]))
	if err != nil && in.t.gone != nil {
		in.t.gone(errGone)
	}
	return n, err
}

// terminalOut is a terminal's output; it adds the last question to others.
type terminalOut struct {
	*os.File
	t *tty
}

// leave ends the alternate screen. It is emptied first: tmux, when its window is no
// longer as wide as it was, folds lines that are too long into those of the shell.
const leave = ansi.EraseEntireScreen + ansi.ResetModeAltScreenSaveCursor

// Write writes a picture or questions, as os.File does.
func (out terminalOut) Write(b []byte) (int, error) {
	text := strings.ReplaceAll(string(b), ansi.ResetModeAltScreenSaveCursor, leave)
	asks := func(q string) bool { return strings.Contains(text, q) }
	if slices.ContainsFunc(questions, asks) {
		out.t.due.Add(1)
		text += lastQuestion
	}
	n, err := out.File.WriteString(text)
	if err == nil {
		n = len(b) // what was added doesn't count
	}
	return min(n, len(b)), err
}

// answerScanner finds answers to the last question, CSI ? 6 2 ; … c, which may come in
// pieces.
type answerScanner struct{ seen int }

// count returns the number of answers that end in b.
func (s *answerScanner) count(b []byte) (n int32) {
	const start = "\x1b[?"
	for _, c := range b {
		switch {
		case s.seen < len(start) && c == start[s.seen]:
			s.seen++
		case s.seen == len(start) && (c == ';' || c >= '0' && c <= '9'):
		case c == start[0]:
			s.seen = 1
		default:
			if s.seen == len(start) && c == 'c' {
				n++
			}
			s.seen = 0
		}
	}
	return n
}
