package tui_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor/tensortest"
	"resnet-tui/tui"
)

// The engine runs the net and the screen shows it, until a key quits. In and Out
// stand for a terminal here; without them the screen takes the process's own.
func Example() {
	ctx := context.Background()
	net, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8"})
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := live.Start(ctx, live.Options{
		Model:   net,
		Device:  tensortest.Reference(),
		Session: nn.SessionOptions{Seed: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	err = tui.Run(ctx, tui.Options{
		Engine:  engine,
		Theme:   tui.ThemeNone,
		In:      strings.NewReader("q"),
		Out:     io.Discard,
		Environ: []string{"TERM=xterm-256color"},
	})
	fmt.Println("the screen was left without an error:", err == nil)
	// Output: the screen was left without an error: true
}
