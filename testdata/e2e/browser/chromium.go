package main

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium with an empty profile.
type browser struct{ ctx context.Context }

// flags keep the browser off the network, and let it draw WebGL on the CPU.
var flags = map[string]any{
	"headless":                      "new",
	"no-first-run":                  true,
	"no-default-browser-check":      true,
	"no-sandbox":                    true, // it runs as root in a container
	"disable-quic":                  true,
	"disable-background-networking": true,
	"disable-component-update":      true,
	"disable-default-apps":          true,
	"disable-extensions":            true,
	"disable-sync":                  true,
	"disable-dev-shm-usage":         true,
	"use-gl":                        "angle",
	"use-angle":                     "swiftshader",
	"enable-unsafe-swiftshader":     true,
	"force-color-profile":           "srgb",
}

func startBrowser(ctx context.Context, path, userDir string) (*browser, error) {
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(userDir), chromedp.WindowSize(1280, 900)}
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	ctx, _ = chromedp.NewExecAllocator(ctx, options...) // stop ends it
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	return &browser{ctx}, nil
}

// stop closes the browser, and waits until it has released its folder.
func (b *browser) stop() error {
	return chromedp.Cancel(b.ctx)
}
