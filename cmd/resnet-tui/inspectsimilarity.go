package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// inspectSimilarityCommand compares what blocks hold.
func inspectSimilarityCommand(p *program) *cobra.Command {
	var spec app.Spec
	var o app.Similarity
	var out outputFlags
	var with string
	cmd := &cobra.Command{
		Use:   "similarity",
		Short: "how alike the outputs of all blocks are, in one net or between two",
		Long: "Runs a net on a set of images and compares what leaves its blocks, each with each, by linear centred " +
			"kernel alignment (CKA); with --with the blocks of one net with those of another, such as its plain twin. " +
			"An .npy file has the matrix, a .png file shows it.",
		Example: "resnet-tui inspect similarity --weights resnet20.th --data cifar10:test_batch.bin --limit 512\n" +
			"resnet-tui inspect similarity --depth 34 --with --plain --input photos/ -o similarity.png",
	}
	addInspected(cmd, &spec)
	section(cmd, "net", func(fs *pflag.FlagSet) {
		fs.StringVar(&with, "with", "", "the other net, described by flags as this one is, for example \"--plain\"")
	})
	section(cmd, "run", func(fs *pflag.FlagSet) {
		estimators := app.Estimators()
		o.Estimator = estimators[0]
		fs.Var(&choice{&o.Estimator, estimators}, "estimator",
			"of CKA: "+strings.Join(estimators, " or ")+"; of few images the biased one finds everything alike")
	})
	complete(cmd, "estimator", app.Estimators()...)
	out.addInspect(p, cmd, report.NPY, report.PNG)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images per pass (default %d)", app.LookBatch)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Similarity, error) {
		other, err := compareOptions(with, spec)
		if err != nil {
			return nil, err
		}
		o.With = other.With
		return p.service().InspectSimilarity(ctx, spec, o, p.console.listener())
	})
	return cmd
}
