package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// exportsInto are the flags that write every kind of file into a folder.
func exportsInto(dir string) (args, files []string) {
	for _, flag := range append(exportNames(), "output") {
		file := filepath.Join(dir, flag)
		args, files = append(args, "--"+flag, file), append(files, file)
	}
	return append(args, "--format", "json"), files
}

// TestExportsOnAFullDisk: what is there already stays as it was, and nothing
// half-written is left beside it.
func TestExportsOnAFullDisk(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to limit the size of files with")
	}
	const limit = 1 // KiB, less than any of the files takes
	for _, flag := range append(exportNames(), "output") {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"profile", "--no-history", "--" + flag, file, "--format", "json", "--arch", "cifar_resnet20", "--runs", "3", "--warmup", "1"}
			cmd := exec.Command(bash, append([]string{"-c", `ulimit -f "$1"; shift; exec "$@"`, "bash", strconv.Itoa(limit), binary}, args...)...)
			var errs strings.Builder
			cmd.Stderr = &errs
			if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(errs.String(), file+" was not written") {
				t.Errorf("%v: %s", err, errs.String())
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != "before" {
				t.Errorf("the file holds %q (%v)", got, err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestInterruptedExportsLeaveNothing: a profile that is interrupted writes no
// file.
func TestInterruptedExportsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	args, files := exportsInto(dir)
	cmd := exec.Command(binary, append([]string{"profile", "--no-history", "--runs", "10000", "--batch", "8", "--warmup", "1", "--arch", "cifar_resnet8"}, args...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v: %s", err, errs.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 || len(files) < 7 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
