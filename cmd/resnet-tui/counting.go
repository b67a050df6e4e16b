package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

const countingText = `How many operations does a ResNet-50 have? Every tool has its own answer,
because each counts something else. This is one image of 3×224×224:

`

const countingRules = `
A multiply-add (MAC) is one multiplication and one addition: counted as one
operation the net has 4.09 G, counted as two 8.18 G, and both are called
"FLOPs". What else is counted (biases, batch norms, ReLUs, pools) makes up
the rest of the difference. No tool counts the additions of the skips.

The 3.8 G of the paper and the 4.09 G of torchvision belong to two nets: the
paper's (v1) strides on the first 1×1 of a bottleneck, torchvision's (v1.5) on
its 3×3, which then works on four times as many pixels. Compare
  resnet-tui summary --depth 50 --variant v1
  resnet-tui summary --depth 50

--count NAME chooses the figure that summary prints; --count all prints these
lines for your net. The column per layer shows MACs, or twice as many with flops
and torch.
`

// countingTopic is the page "help counting".
func countingTopic() *cobra.Command {
	cmd := &cobra.Command{Use: "counting", Short: "how operations are counted, here and by other tools"}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		io.WriteString(w, countingText)
		if err := report.NewCounts(app.ReferenceNet()).Text(w); err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), err)
		}
		io.WriteString(w, countingRules)
	})
	return cmd
}
