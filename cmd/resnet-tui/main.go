// Command resnet-tui looks inside residual networks: their tree, shapes and
// costs, and where the time goes while they run.
package main

import (
	"context"
	"os"
)

func main() {
	p := &program{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(p.main(context.Background(), os.Args[1:]))
}
