package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// source is where linked code came from: Go itself, a module, or a folder of
// this module that carries the work of others.
type source struct {
	name  string
	files []string
}

// linked is what go list says about a package that is in the program.
type linked struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path    string
		Version string
		Dir     string
		Main    bool
	}
}

// licenses returns, as one text, the licenses of everything that is linked
// into the target's program, besides this module's own.
func (t target) licenses() ([]byte, error) {
	packages, err := t.packages()
	if err != nil {
		return nil, err
	}
	golang, err := t.golang()
	if err != nil {
		return nil, err
	}
	others, err := sourcesOf(packages)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	text.WriteString("resnet-tui contains the following works of others, under their licenses.\n")
	for _, s := range append([]source{golang}, others...) {
		if err := s.print(&text); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// packages lists what is linked into the target's program.
func (t target) packages() ([]linked, error) {
	text, err := t.command("list", "-deps", "-json=Dir,Standard,Module", program).Output()
	if err != nil {
		return nil, err
	}
	var packages []linked
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var p linked
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// golang is Go itself: its runtime and standard library are in the program.
func (t target) golang() (source, error) {
	text, err := t.command("env", "GOVERSION", "GOROOT").Output()
	if err != nil {
		return source{}, err
	}
	version, root, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return source{"Go " + strings.TrimPrefix(version, "go"), []string{filepath.Join(root, "LICENSE")}}, nil
}

// sourcesOf finds the licenses of packages, by the name of their source. A
// module without a license is an error.
func sourcesOf(packages []linked) ([]source, error) {
	files := map[string][]string{}
	for _, p := range packages {
		name, folders := p.origin()
		if name == "" {
			continue
		}
		for _, folder := range folders {
			found, err := licensesIn(folder)
			if err != nil {
				return nil, err
			}
			files[name] = append(files[name], found...)
		}
		if len(files[name]) == 0 && !p.Module.Main {
			return nil, fmt.Errorf("%s has no license", name)
		}
	}
	var sources []source
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if found := files[name]; len(found) > 0 {
			slices.Sort(found)
			sources = append(sources, source{name, slices.Compact(found)})
		}
	}
	return sources, nil
}

// origin names the source of a package, and the folders in which its licenses
// may be: from the package's up to its module's. Of this module's packages it
// is their own folder only; the standard library has none.
func (p linked) origin() (name string, folders []string) {
	switch {
	case p.Standard:
		return "", nil
	case p.Module.Main:
		inside, err := filepath.Rel(p.Module.Dir, p.Dir)
		if err != nil || inside == "." {
			return "", nil
		}
		return filepath.ToSlash(inside), []string{p.Dir}
	}
	for folder := p.Dir; folder != p.Module.Dir; folder = filepath.Dir(folder) {
		folders = append(folders, folder)
	}
	return p.Module.Path + " " + p.Module.Version, append(folders, p.Module.Dir)
}

// legal matches the names of files and folders with licenses and notices.
var legal = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|patents|third_party_licenses)`)

// licensesIn finds the licenses that lie in a folder, and in a folder of
// licenses in it.
func licensesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case !legal.MatchString(e.Name()):
		case !e.IsDir():
			found = append(found, path)
		default:
			inside, err := filepath.Glob(filepath.Join(path, "*"))
			if err != nil {
				return nil, err
			}
			found = append(found, inside...)
		}
	}
	return found, nil
}

// print writes the source's name and the text of its licenses.
func (s source) print(w *bytes.Buffer) error {
	for _, file := range s.files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rule := strings.Repeat("=", 78)
		fmt.Fprintf(w, "\n%s\n%s: %s\n%s\n\n%s\n", rule, s.name, filepath.Base(file), rule, bytes.TrimSpace(text))
	}
	return nil
}
