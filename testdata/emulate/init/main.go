//go:build linux

// Command init is the first process of the emulated machine: it runs /test with the flags in
// /flags, prints its exit status, and switches the machine off.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	for fs, dir := range map[string]string{"proc": "/proc", "devtmpfs": "/dev"} {
		if err := syscall.Mount(fs, dir, fs, 0, ""); err != nil {
			fmt.Println("mount", dir, err)
		}
	}
	fmt.Printf("tests ended with status %d\n", run())
	time.Sleep(2 * time.Second) // the serial line is slow
	syscall.Sync()
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("power off:", err)
	}
}

func run() int {
	flags, err := os.ReadFile("/flags")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cmd := exec.Command("/test", strings.Fields(string(flags))...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = []string{"TMPDIR=/tmp", "HOME=/tmp"}
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	default:
		fmt.Println(err)
		return 1
	}
}
