package profile

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestASCII(t *testing.T) {
	for text, want := range map[string]string{
		"layer1.0 ┌─ ⊕ 1×3×224×224": "layer1.0 +- + 1x3x224x224",
		"┃ ┆ │ ╳":                   "# : | x",
		"██▌ ▁▄█ ⣿⠉⣀⠒":              "##= _=# #'.-",
		"‖∂L/∂x‖ ±1.5 µs − –":       "|dL/dx| ~1.5 us - -",
		"犬 é":                       "? ?",
	} {
		if got := ASCII(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[rune]rune{'🬀': '\'', '🬏': '.', '🬻': '#', '🬋': ':', '🬂': '\''} {
		if got := ASCIIForm(text); got != want {
			t.Errorf("%c is %c, want %c", text, got, want)
		}
	}
	for r, form := range asciiForms {
		if form < ' ' || form > '~' {
			t.Errorf("the form of %c is %q", r, form)
		}
	}
}

// TestEverythingDrawnHasAForm: no character of the screen's and the reports' pictures
// comes out as a question mark.
func TestEverythingDrawnHasAForm(t *testing.T) {
	files := 0
	for _, folder := range []string{"../tui/testdata", "report/testdata"} {
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".golden") {
				return err
			}
			text, err := fs.ReadFile(os.DirFS(folder), path)
			files++
			for _, r := range string(text) {
				if r >= utf8.RuneSelf && ASCIIForm(r) == '?' {
					t.Errorf("%s/%s: %c (%U) has no form", folder, path, r, r)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 20 {
		t.Errorf("only %d goldens", files)
	}
}
