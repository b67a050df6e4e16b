package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// entry is a file of an archive. Its name is relative to the archive's one
// folder, with slashes.
type entry struct {
	name       string
	data       []byte
	executable bool
}

func (e entry) mode() fs.FileMode {
	if e.executable {
		return 0o755
	}
	return 0o644
}

// sorted returns the entries by name, so that their order in an archive
// doesn't depend on who gathered them.
func sorted(files []entry) []entry {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return files
}

// archiver writes files as an archive in which they lie in one folder.
type archiver func(w io.Writer, folder string, when time.Time, files []entry) error

// toFile writes an archive to a file.
func toFile(name string, write archiver, folder string, when time.Time, files []entry) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f, folder, when, files); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func writeTar(w io.Writer, folder string, when time.Time, files []entry) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zipped)
	for _, e := range sorted(files) {
		err := archive.WriteHeader(&tar.Header{
			Name:    folder + "/" + e.name,
			Mode:    int64(e.mode()),
			Size:    int64(len(e.data)),
			ModTime: when,
		})
		if err != nil {
			return err
		}
		if _, err := archive.Write(e.data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zipped.Close()
}

func writeZip(w io.Writer, folder string, when time.Time, files []entry) error {
	archive := zip.NewWriter(w)
	for _, e := range sorted(files) {
		header := &zip.FileHeader{Name: folder + "/" + e.name, Method: zip.Deflate, Modified: when}
		header.SetMode(e.mode())
		to, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := to.Write(e.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeSums writes SHA256SUMS for all files of a folder, in the form that
// sha256sum -c reads.
func writeSums(folder string) error {
	files, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), f.Name())
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), sums.Bytes(), 0o644)
}
