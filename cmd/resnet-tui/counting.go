package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
)

// referenceModel is the net that tools are compared on.
func referenceModel() *resnet.Model {
	m, err := resnet.Build(resnet.Config{Arch: "resnet50"})
	if err != nil {
		panic(err) // it is the default net
	}
	return m
}

func referenceCounts() []resnet.Count { return referenceModel().Counts() }

const countingText = `How many operations has a ResNet-50? Every tool has its own answer, because
each counts something else. This is one image of 3×224×224:

`

const countingRules = `
A multiply-add (MAC) is one multiplication and one addition: counted as one
operation the net has 4.09 G, counted as two 8.18 G, and both are called
"FLOPs". What else is counted (biases, batch norms, ReLUs, pools) makes the
rest of the difference. No tool counts the additions of the skips.

3.8 in the paper and 4.09 in torchvision are two nets: the paper's (v1)
strides on the first 1×1 of a bottleneck, torchvision's (v1.5) on its 3×3, which
then works on four times as many pixels. Compare
  resnet-tui summary --depth 50 --variant v1
  resnet-tui summary --depth 50

--count NAME chooses the figure that summary prints; --count all prints these
lines for the net that is asked. The column by layer holds MACs, or twice as
many with flops and torch.
`

// countingTopic is the page "help counting".
func countingTopic() *cobra.Command {
	cmd := &cobra.Command{Use: "counting", Short: "how operations are counted, here and by other tools"}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		io.WriteString(w, countingText)
		if err := report.NewCounts(referenceModel()).Text(w); err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), err)
		}
		io.WriteString(w, countingRules)
	})
	return cmd
}
