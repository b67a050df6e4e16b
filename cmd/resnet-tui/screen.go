package main

import (
	"errors"

	"github.com/spf13/cobra"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
	"resnet-tui/tui"
)

// screenCommand is the program without a command: the screen, or the profile
// as text where there is no terminal to draw on.
func screenCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var plain, forget bool
	var training string
	cmd := &cobra.Command{
		Use:   programName,
		Short: "look inside a ResNet while it runs",
		Long: "The tree of a residual network, running: shapes, parameters, MACs, memory and live time per layer. " +
			"Without a terminal it prints a profile as text.",
		Example: "resnet-tui --depth 101\nresnet-tui --arch resnext50_32x4d --batch 4\nresnet-tui --depth 50 --batch 4 --backward --lesion layer3.2=drop-branch\nresnet-tui summary --depth 50 --count all",
	}
	m.add(cmd)
	m.addLesions(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addBackward(cmd)
	r.addPaths(cmd)
	cmd.Flags().BoolVar(&plain, "plain-output", false, "no screen: print what profile prints")
	r.addPasses(cmd)
	r.addCount(cmd)
	addHistory(cmd, &forget)
	theme := addTheme(cmd)
	cmd.Flags().StringVar(&training, "training", "", "a history that train --history writes: its curves have a tab, and grow as the file does")
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if plain || !a.onTerminal() {
			if training != "" {
				return usage("--training %s: curves are on the screen; there is no terminal to draw on", training)
			}
			if r.paths > 0 {
				return usage("--paths %d: path lengths are on the screen, or what run prints; there is no terminal to draw on", r.paths)
			}
			p, err := measureAndKeep(cmd, &m, &r, forget)
			if err != nil {
				return err
			}
			return report.Write(cmd.OutOrStdout(), p, "text")
		}
		return show(cmd, &m, &r, tui.Theme(*theme), training)
	})
	return cmd
}

// onTerminal reports whether there is one to draw on and to take keys from.
func (a *app) onTerminal() bool { return isTerminal(a.out) && isTerminal(a.in) }

// addTheme adds the flag for the screen's colours.
func addTheme(cmd *cobra.Command) *string {
	theme := string(tui.ThemeAuto)
	cmd.Flags().Var(&choice{&theme, tui.Themes()}, "theme", "colours of the screen: auto, dark, light or none")
	complete(cmd, "theme", tui.Themes()...)
	return &theme
}

// show opens the screen, with the curves of a history of training if one is
// named.
func show(cmd *cobra.Command, m *modelFlags, r *runFlags, theme tui.Theme, training string) error {
	if given(cmd.Flags(), "count") && r.count != "macs" && r.count != "flops" {
		return usage("--count %s: the screen shows macs or flops; summary and profile know every convention", r.count)
	}
	s, err := prepare(cmd, m, r)
	if err != nil {
		return err
	}
	o := tui.Options{
		Model: s.model, Device: s.device, Session: s.options, Weights: s.from, Labels: classNames(s.model.Config),
		Version: version(), Ceilings: loadCeilings(s.device.Info(), s.options.Threads), Theme: theme, FLOPs: s.ops.Doubled(),
		EvalBackward: given(cmd.Flags(), "mode") && r.mode == "eval", Paths: r.paths,
	}
	if !given(cmd.Flags(), "mode") {
		o.Session.Train = false // only backward passes take the batch's statistics then
	}
	if s.labelled {
		o.Target = s.target
	}
	if training != "" {
		o.Training = tui.HistoryFile(training)
		if _, err := o.Training(); err != nil {
			return errors.Join(usage("--training: %w", err), s.close())
		}
	}
	if w := m.twinWeights(); w != "" {
		o.TwinWeights = w
		o.TwinSource = func(twin *resnet.Model) (tensor.Source, error) {
			_, source, err := openWeights(w, twin) // in memory: there is nothing to close
			return source, err
		}
	}
	if s.images != nil {
		o.Input, o.InputName = s.images.batch, s.images.source
	}
	return errors.Join(tui.Run(cmd.Context(), o), s.close())
}
