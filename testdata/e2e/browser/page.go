package main

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed scripts
var scripts embed.FS

// tab shows one file, and records the page's requests and complaints.
type tab struct {
	ctx context.Context
	end context.CancelFunc

	mu         sync.Mutex
	complaints []string
	requests   []string
}

const tabLimit = time.Minute

// open shows a page of 1280×900 in a new tab.
func (b *browser) open(url string) (*tab, error) {
	ctx, end := chromedp.NewContext(b.ctx)
	t := &tab{ctx: ctx, end: end}
	if err := chromedp.Listen(ctx, t.hear); err != nil {
		return nil, err
	}
	limited, free := context.WithTimeout(ctx, tabLimit)
	t.ctx, t.end = limited, func() { free(); end() }
	if _, err := chromedp.Call(t.ctx, network.Enable, network.EnableParams{}); err != nil {
		return nil, err
	}
	if err := chromedp.Do(t.ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url)); err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return t, nil
}

// hear records errors, warnings, exceptions, dialogs and requests.
func (t *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			t.note(&t.complaints, fmt.Sprintf("console %s: %s", e.Type, consoleText(e.Args)))
		}
	case *runtime.EventExceptionThrown:
		t.note(&t.complaints, "exception: "+exceptionText(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			t.note(&t.complaints, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		t.note(&t.complaints, "dialog: "+e.Message)
		go chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	case *network.EventRequestWillBeSent:
		t.note(&t.requests, e.Request.URL)
	}
}

func (t *tab) note(list *[]string, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*list = append(*list, text)
}

func consoleText(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if a.Description != "" {
			words = append(words, a.Description)
			continue
		}
		words = append(words, string(a.Value))
	}
	return strings.Join(words, " ")
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// quiet returns an error if the page has complained.
func (t *tab) quiet() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return complain(t.complaints)
}

// asked returns the addresses that the page has requested.
func (t *tab) asked() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.requests...)
}

// scheme asks the page for "light" or "dark".
func (t *tab) scheme(name string) error {
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	return err
}

// script runs a function of the folder scripts in the page.
func script[T any](t *tab, name string) (T, error) {
	source, err := scripts.ReadFile("scripts/" + name + ".js")
	if err != nil {
		var none T
		return none, err
	}
	return evaluate[T](t, "("+strings.TrimSuffix(strings.TrimSpace(string(source)), ";")+")()")
}

func evaluate[T any](t *tab, expression string) (T, error) {
	return chromedp.Run(t.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

const shownComplaints = 5

// complain returns an error with the first few complaints, nil without any.
func complain(list []string) error {
	switch n := len(list); {
	case n == 0:
		return nil
	case n > shownComplaints:
		return fmt.Errorf("%d in all, the first: %s", n, strings.Join(list[:shownComplaints], "; "))
	}
	return fmt.Errorf("%s", strings.Join(list, "; "))
}
