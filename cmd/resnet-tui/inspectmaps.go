package main

import (
	"context"

	"github.com/spf13/cobra"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// inspectMapsCommand shows what leaves a layer.
func inspectMapsCommand(p *program) *cobra.Command {
	var spec app.Spec
	var look app.Look
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "maps",
		Short: "what leaves a layer or block for an image: its feature maps",
		Long: "Runs one pass and shows what leaves a layer or block for one image of the batch, channel by channel. " +
			"An .npy file has the values, C×H×W, a .png file a contact sheet of the channels.",
		Example: "resnet-tui inspect maps --depth 18 --at layer2.0\n" +
			"resnet-tui inspect maps --arch resnet18 --weights resnet18.pth --input cat.jpg --at conv1 -o maps.png",
	}
	addInspected(cmd, &spec)
	addAt(cmd, &look.At, "what to show")
	addImage(cmd, &look.Image)
	out.addInspect(p, cmd, report.NPY, report.PNG)
	cmd.RunE = reporting(p, &out, func(ctx context.Context) (*report.Maps, error) {
		return p.service().InspectMaps(ctx, spec, look, p.console.listener())
	})
	return cmd
}
