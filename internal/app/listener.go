package app

// Progress says how far a piece of work is.
type Progress struct {
	Stage       string // "self-check", "weights", "calibration", "passes", "path lengths", "profiles", "images", "training"
	Done, Total int64  // Total 0 while it is not known
	Text        string // all of it in one line
}

// Listener hears how the work goes. Either function may be nil. They are called
// from any goroutine, also from several at once, and must be quick.
type Listener struct {
	Progress func(Progress)
	Notice   func(Message) // something that the user should know, beside the report
}

func (l Listener) progress(p Progress) {
	if l.Progress != nil {
		l.Progress(p)
	}
}

func (l Listener) notice(format string, args ...any) {
	if l.Notice != nil {
		l.Notice(say(format, args...))
	}
}
