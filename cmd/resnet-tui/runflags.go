package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
)

// addDevice adds the flags that say what runs the net.
func addDevice(cmd *cobra.Command, spec *app.Spec) {
	r := &spec.Run
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.StringVar(&r.Device, "device", "auto", "device: "+strings.Join(app.Devices(), ", "))
		wholeFlag(fs, &r.Threads, "threads", 0, app.MaxThreads,
			"number of the CPU's threads (default: all that this process may use)")
		fs.BoolVar(&r.Exact, "exact", false, "use no algorithm that changes rounding, such as Winograd")
	})
	completeDevice(cmd)
	addPrecision(cmd, r)
}

// addPrecision adds the flag of the arithmetic.
func addPrecision(cmd *cobra.Command, r *app.Run) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		r.Precision = "fp32"
		fs.Var(&choice{&r.Precision, app.Precisions()}, "precision",
			"arithmetic of convolutions: fp32, tf32, bf16 or fp16; the CPU has fp32 and bf16, and info lists what a GPU has")
	})
	complete(cmd, "precision", app.Precisions()...)
}

// completeDevice completes the names of devices that are spelt out: the number of a GPU is
// for info to tell.
func completeDevice(cmd *cobra.Command) {
	names := slices.DeleteFunc(app.Devices(), func(name string) bool { return strings.Contains(name, ":") })
	complete(cmd, "device", names...)
}

// addEngine adds the flags that say what runs the net, and how.
func addEngine(cmd *cobra.Command, spec *app.Spec) {
	addDevice(cmd, spec)
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.BoolVar(&spec.Run.NoFuse, "no-fuse", false,
			"run every layer as its own kernel, so each has its own time and output")
		fs.BoolVar(&spec.Run.NoCalibrate, "no-calibrate", false,
			"leave the running statistics of a freshly initialised net at 0 and 1")
	})
}

// addInput adds the flags of what the net runs on.
func addInput(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringArrayVar(&spec.Input.Files, "input", nil,
			"image, folder of images, or array N×C×H×W (.npy, .safetensors); repeatable (default: random)")
		fs.Var(&choice{&spec.Run.Mode, []string{app.ModeEval, app.ModeTrain}}, "mode",
			"batch norm's statistics: eval takes the running ones, train the batch's own "+
				"(default eval; train for a backward pass)")
	})
	complete(cmd, "mode", app.ModeEval, app.ModeTrain)
}

// addPreprocess adds the flags of how pictures become input.
func addPreprocess(cmd *cobra.Command, pre *app.Preprocess) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		wholeFlag(fs, &pre.Resize, "resize", 1, 65535,
			"scale a picture's shorter side to N before the centre crop "+
				"(default: 256 for 224; torchvision's V2 weights want 232)")
		fs.Var(number{&pre.CropPct}, "crop-pct",
			"crop this share of each side, in place of --resize; timm's crop_pct, such as 0.95")
		fs.Var(&choice{&pre.Interpolation, app.Interpolations}, "interpolation",
			"filter that scales pictures: bilinear (default) or bicubic")
		fs.BoolVar(&pre.IgnoreEXIF, "ignore-exif", false,
			"take pictures as they are stored, as torchvision does, not turned upright by their EXIF")
	})
	complete(cmd, "interpolation", app.Interpolations...)
}

// addLabels adds the flag of the correct classes.
func addLabels(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.Var(&list[int]{&spec.Input.Labels, readWhole}, "labels",
			"correct classes, one per image: 3,7 (default for a backward pass: random)")
	})
}

// addBackward adds the flags of the backward pass.
func addBackward(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.BoolVar(&spec.Step.Backward, "backward", false, "also compute the loss and the gradients")
	})
	addLabels(cmd, spec)
}

// addUpdate adds the flag of the optimiser's step.
func addUpdate(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.BoolVar(&spec.Step.Update, "update", false,
			"also run the optimiser's step, at a learning rate of 0 so that weights stay (implies --backward)")
	})
}

// addPaths adds the flag of path lengths.
func addPaths(cmd *cobra.Command, spec *app.Spec) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		wholeFlag(fs, &spec.Step.Paths, "paths", 1, app.MaxPaths,
			"split the gradient at each block's input by path length (branches taken): "+
				"N exact lengths plus a remainder (implies --backward)")
	})
}

const maxRuns = 10_000

// addPasses adds the flags that say how often the net runs.
func addPasses(cmd *cobra.Command, runs, warmup **int) {
	section(cmd, "run", func(fs *pflag.FlagSet) {
		fs.Var(&optional[int]{runs, wholeFrom(1, maxRuns)}, "runs",
			"measured passes (default: about two seconds of them)")
		fs.Var(&optional[int]{warmup, wholeFrom(0, maxRuns)}, "warmup",
			"warm-up passes (default: until they stop getting faster)")
	})
}

// addCount adds the flag of how operations are counted.
func addCount(cmd *cobra.Command, count *string, more ...string) {
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.StringVar(count, "count", "macs", "how operations are counted (resnet-tui help counting)")
	})
	complete(cmd, "count", append(app.Conventions(), more...)...)
}

// addData adds the flags of the data set.
func addData(cmd *cobra.Command, data *app.Data) {
	section(cmd, "input", func(fs *pflag.FlagSet) {
		fs.StringVar(&data.Name, "data", "", "data set: "+app.DataSets)
		wholeFlag(fs, &data.Limit, "limit", 1, 1<<31-1, "use at most N images")
		fs.Var(&list[float32]{&data.Mean, readFloat}, "mean",
			"subtract these per channel: 0.485,0.456,0.406 (default: the data set's usual means)")
		fs.Var(&list[float32]{&data.Std, readFloat}, "std",
			"divide by these per channel (default: the data set's usual deviations)")
	})
}
