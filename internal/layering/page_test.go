package layering

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page describes the program to readers. Its paths are relative to the module's root.
const page = "docs/architecture.md"

// TestPageHasTheTable: the table of packages in docs/architecture.md has the rows of layers,
// in the same order.
func TestPageHasTheTable(t *testing.T) {
	rows := pageRows(t)
	for i, want := range layers {
		if i >= len(rows) {
			t.Errorf("%s: row %d is missing: %s", page, i+1, want.folder)
			continue
		}
		got := rows[i]
		if got.folder != want.folder || !slices.Equal(got.may, want.may) {
			t.Errorf("%s: row %d is %s, which may import %q; it must be %s, which may import %q",
				page, i+1, got.folder, got.may, want.folder, want.may)
		}
	}
	for _, r := range rows[min(len(layers), len(rows)):] {
		t.Errorf("%s has a row for %s, which has no layer", page, r.folder)
	}
}

// quoted finds what stands in backquotes, within a line.
var quoted = regexp.MustCompile("`([^`\\n]+)`")

// pageRows returns the rows of the page's table of packages: of each the folder in its first
// column, and what stands in backquotes in its last.
func pageRows(t *testing.T) []row {
	t.Helper()
	_, text, _ := strings.Cut(read(t, page), "\n## Packages\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []row
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		r := row{folder: strings.Trim(cells[0], "`")}
		for _, m := range quoted.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			r.may = append(r.may, m[1])
		}
		rows = append(rows, r)
	}
	return rows
}

// TestPathsExist: every path of the repository that the pages for readers name exists.
func TestPathsExist(t *testing.T) {
	checked := 0
	for _, file := range []string{page, "CONTRIBUTING.md", "README.md", "SECURITY.md", "CHANGELOG.md"} {
		for _, m := range quoted.FindAllStringSubmatch(read(t, file), -1) {
			path := strings.TrimPrefix(m[1], "./")
			if !named(path) {
				continue
			}
			checked++
			if found, err := filepath.Glob(filepath.Join("../..", path)); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", file, path)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d paths were found", checked)
	}
}

// named reports whether a word names a path of the repository: it has no spaces, and starts
// with one of its folders.
func named(word string) bool {
	first, _, deep := strings.Cut(word, "/")
	folders := []string{"cmd", "docs", "internal", "profile", "resnet", "scripts", "tensor", "testdata", "tui"}
	return deep && !strings.ContainsAny(word, " …") && slices.Contains(folders, first)
}

// TestDependencies: README.md says what each module is for that go.mod requires directly.
func TestDependencies(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "README.md"), "\n## Dependencies\n")
	table, _, _ = strings.Cut(table, "\n\nModules of their own")
	var named, required []string
	for _, m := range quoted.FindAllStringSubmatch(table, -1) {
		if !strings.Contains(m[1], "…") {
			named = append(named, m[1])
		}
	}
	for line := range strings.Lines(read(t, "go.mod")) {
		if strings.HasPrefix(line, "\t") && !strings.Contains(line, "// indirect") {
			required = append(required, strings.Fields(line)[0])
		}
	}
	slices.Sort(named)
	slices.Sort(required)
	if len(required) == 0 || !slices.Equal(named, required) {
		t.Errorf("README.md names %q, go.mod requires %q", named, required)
	}
}

// read returns the text of a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
