package main

import (
	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// runFlags say how a net runs, on what.
type runFlags struct {
	stepFlags
	device, precision, mode, count string
	threads                        int
	exact, noFuse, noCalibrate     bool
	input                          []string
	runs, warmup                   int
	trace                          int    // passes to keep span by span
	cpuProfile                     string // file for Go's own profile
}

// addEngine adds the flags of what runs, and how.
func (r *runFlags) addEngine(cmd *cobra.Command) {
	r.addDevice(cmd)
	fs := cmd.Flags()
	fs.BoolVar(&r.noFuse, "no-fuse", false, "every layer by itself, for its own time and output")
	fs.BoolVar(&r.noCalibrate, "no-calibrate", false, "leave the running statistics of a fresh net at 0 and 1")
}

// addDevice adds the flags of what runs.
func (r *runFlags) addDevice(cmd *cobra.Command) {
	fs := cmd.Flags()
	r.device, r.precision = "auto", "fp32"
	fs.StringVar(&r.device, "device", "auto", "what runs: auto, cpu, cuda or cuda:N")
	fs.Var(&choice{&r.precision, []string{"fp32", "tf32", "bf16"}}, "precision", "arithmetic of convolutions: fp32, tf32 or bf16; the CPU has fp32")
	wholeFlag(fs, &r.threads, "threads", "", 0, 1024, "threads (default: what the machine has for this process)")
	fs.BoolVar(&r.exact, "exact", false, "no algorithm that changes rounding, such as Winograd")
	complete(cmd, "device", "auto", "cpu", "cuda")
	complete(cmd, "precision", "fp32", "tf32", "bf16")
}

// addInput adds the flags of what it runs on.
func (r *runFlags) addInput(cmd *cobra.Command) {
	r.mode = "eval"
	cmd.Flags().StringArrayVar(&r.input, "input", nil, "an image, a folder of images, or an array N×C×H×W (.npy, .safetensors); may be repeated (default: random)")
	cmd.Flags().Var(&choice{&r.mode, []string{"eval", "train"}}, "mode", "statistics of batch norm: eval takes the running ones, train the batch's own")
	complete(cmd, "mode", "eval", "train")
}

// addCount adds the flag of how operations are counted.
func (r *runFlags) addCount(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.count, "count", "macs", "convention of the printed operations (resnet-tui help counting)")
	complete(cmd, "count", conventions()...)
}

const maxRuns = 10_000

// addPasses adds the flags of how often.
func (r *runFlags) addPasses(cmd *cobra.Command) {
	r.runs, r.warmup = profile.Adaptive, profile.Adaptive
	wholeFlag(cmd.Flags(), &r.runs, "runs", "", 1, maxRuns, "passes that count (default: about two seconds of them)")
	wholeFlag(cmd.Flags(), &r.warmup, "warmup", "", 0, maxRuns, "passes before (default: until they stop getting faster)")
}

func (r *runFlags) tensorPrecision() tensor.Precision {
	return map[string]tensor.Precision{"fp32": tensor.FP32, "tf32": tensor.TF32, "bf16": tensor.BF16}[r.precision]
}
