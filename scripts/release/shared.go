package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// sharedFiles returns the files that are the same in every archive. The
// program writes completions and the manual page itself, so it is built for
// this machine first.
func sharedFiles(work, version string, when time.Time) ([]entry, error) {
	var files []entry
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, entry{name: name, data: data})
	}
	built := filepath.Join(work, "host", host().executable())
	if err := host().build(built, version); err != nil {
		return nil, err
	}
	written, err := writtenByProgram(built, work, when)
	return append(files, written...), err
}

// completions are the shells' files, named as the shells look for them.
var completions = []struct{ shell, file string }{
	{"bash", "resnet-tui.bash"},
	{"zsh", "_resnet-tui"},
	{"fish", "resnet-tui.fish"},
	{"powershell", "resnet-tui.ps1"},
}

// writtenByProgram runs the program for its completions and manual page.
func writtenByProgram(built, work string, when time.Time) ([]entry, error) {
	var files []entry
	for _, c := range completions {
		text, err := output(built, work, "completion", c.shell)
		if err != nil {
			return nil, err
		}
		files = append(files, entry{name: "completions/" + c.file, data: text})
	}
	text, err := output(built, work, "man")
	if err != nil {
		return nil, err
	}
	page, err := redate(text, when)
	return append(files, entry{name: "man/resnet-tui.1", data: page}), err
}

// output runs the program in an empty home: a configuration file would change
// the defaults that help shows.
func output(built, home string, args ...string) ([]byte, error) {
	c := exec.Command(built, args...)
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "AppData="+home, "NO_COLOR=1")
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("%s printed nothing", strings.Join(args, " "))
	}
	return text, err
}

// heading matches a manual page's first line up to its date.
var heading = regexp.MustCompile(`^(\.TH \S+ \d+) "\d{4}-\d\d-\d\d"`)

// redate puts the release's day in place of the one on which the page was
// written.
func redate(page []byte, when time.Time) ([]byte, error) {
	if !heading.Match(page) {
		return nil, fmt.Errorf("the manual page has no date in its heading: %.80q", page)
	}
	return heading.ReplaceAll(page, []byte(`$1 "`+when.Format(time.DateOnly)+`"`)), nil
}

// releaseTime is the time of everything in the archives, in UTC: that of the
// environment's SOURCE_DATE_EPOCH, or of the commit.
func releaseTime() (time.Time, error) {
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		commit := exec.Command("git", "log", "-1", "--format=%ct")
		commit.Stderr = os.Stderr
		text, err := commit.Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("no time of the commit: %w; set SOURCE_DATE_EPOCH", err)
		}
		seconds = strings.TrimSpace(string(text))
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(n, 0).UTC(), nil
}
