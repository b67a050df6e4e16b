package main

import (
	"os"
	"path/filepath"
)

const programName = "resnet-tui"

// configDir is where config.yaml is.
func configDir() string {
	if dir := os.Getenv("RESNET_TUI_CONFIG_DIR"); dir != "" {
		return dir
	}
	return userDir("XDG_CONFIG_HOME", os.UserConfigDir)
}

// cacheDir is where measured ceilings are kept.
func cacheDir() string { return userDir("XDG_CACHE_HOME", os.UserCacheDir) }

// stateDir is where the history of profiles is.
func stateDir() string {
	return userDir("XDG_STATE_HOME", func() (string, error) {
		home, err := os.UserHomeDir()
		return filepath.Join(home, ".local", "state"), err
	})
}

// userDir is the program's folder in the one that the environment names, or in
// the system's usual one; empty if there is neither.
func userDir(env string, usual func() (string, error)) string {
	if dir := os.Getenv(env); filepath.IsAbs(dir) {
		return filepath.Join(dir, programName)
	}
	dir, err := usual()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, programName)
}
