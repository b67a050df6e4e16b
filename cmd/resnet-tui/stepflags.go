package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

// stepFlags say what a pass has beyond its forward part.
type stepFlags struct {
	backward, update bool
	labels           string
	paths            int
}

// addBackward adds the flags of the backward pass.
func (s *stepFlags) addBackward(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.backward, "backward", false, "a step: forward, loss and gradients; batch norm takes the batch's own statistics unless --mode says otherwise")
	s.addLabels(cmd)
}

func (s *stepFlags) addLabels(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.labels, "labels", "", "the right classes, as 3,7, one an image (default of a backward pass: random)")
}

// addUpdate adds the flag of the optimiser's step.
func (s *stepFlags) addUpdate(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.update, "update", false, "the optimiser's step too, with momentum and weight decay; its learning rate is 0, so that weights stay (implies --backward)")
}

// addPaths adds the flag of path lengths.
func (s *stepFlags) addPaths(cmd *cobra.Command) {
	wholeFlag(cmd.Flags(), &s.paths, "paths", "", 1, 1<<15, "split the gradient at each block's input by how many branches it has come through, this many parts exactly and a rest (implies --backward)")
}

// settle resolves what flags imply, and reports what does not go together.
func (r *runFlags) settle(cmd *cobra.Command) error {
	r.backward = r.backward || r.update || r.paths > 0
	if r.backward && cmd.Flags().Lookup("mode") != nil && !given(cmd.Flags(), "mode") {
		r.mode = "train"
	}
	if r.labels != "" && !r.backward && cmd.Name() == "profile" {
		return usage("--labels are for a backward pass: add --backward")
	}
	if r.update && r.mode != "train" {
		return usage("--update is part of training: it does not go with --mode %s", r.mode)
	}
	return nil
}

// step adds to the options what the flags ask for beyond a forward pass.
func (s *setup) step(r *runFlags) (err error) {
	if r.labels != "" {
		s.target, err = s.labels(r.labels)
	}
	s.labelled = s.target != nil
	if err != nil || !r.backward {
		return err
	}
	s.options.Backward, s.options.Blocks = true, true
	if s.target == nil {
		s.target = resnet.RandomTarget(s.options.Seed, s.model.Config.Batch, s.model.Config.Classes)
	}
	if r.update {
		s.options.Update = &resnet.SGD{Momentum: 0.9, Decay: 1e-4}
	}
	return nil
}

// labels reads --labels.
func (s *setup) labels(list string) ([]int, error) {
	labels, err := integers(list)
	if err == nil {
		err = train.CheckLabels(labels, s.model.Config.Batch, s.model.Config.Classes)
	}
	if err != nil {
		return nil, usage("--labels: %w", err)
	}
	return labels, nil
}

// aim gives a session that has a loss its target.
func (s *setup) aim(session *resnet.Session) error {
	if !s.options.Backward {
		return nil
	}
	err := session.SetTarget(s.target)
	if s.options.Update != nil {
		err = errors.Join(err, session.SetLearningRate(0))
	}
	return err
}

// addLesions adds the flag of damages.
func (m *modelFlags) addLesions(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&m.lesions, "lesion", nil, "damage a block, as layer3.5=drop-branch; also cut-skip, scale:ALPHA, swap:BLOCK, freeze; may be repeated")
}

// parseLesions reads the flag's values.
func (m *modelFlags) parseLesions() ([]resnet.Lesion, error) {
	var lesions []resnet.Lesion
	for _, s := range m.lesions {
		l, err := resnet.ParseLesion(s)
		if err != nil {
			return nil, fmt.Errorf("--%w", err)
		}
		if slices.Contains(lesions, l) {
			return nil, fmt.Errorf("--lesion %s is there twice", s)
		}
		lesions = append(lesions, l)
	}
	return lesions, nil
}
