package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// checkSpeedscope serves speedscope and the files of e on this machine, and
// opens each of them by the file's address in speedscope's.
func (b *browser) checkSpeedscope(c *checks, folder string, e *export) error {
	files, err := profiled(e)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(folder)))
	mux.Handle("/exports/", http.StripPrefix("/exports/", http.FileServer(http.Dir(e.dir))))
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, f := range files {
		if err := b.checkProfile(c, server.URL, f); err != nil {
			return fmt.Errorf("%s: %w", f.name(), err)
		}
	}
	return nil
}

// checkProfile opens one file, and checks every profile in it.
func (b *browser) checkProfile(c *checks, server string, f profileFile) error {
	t, err := b.open(server + "/index.html#profileURL=" + url.QueryEscape(server+"/exports/"+f.name()))
	if err != nil {
		return err
	}
	defer t.end()
	err = f.opened(t)
	c.that(f.name(), "speedscope opens it by its name", err)
	if err == nil {
		c.that(f.name(), "speedscope draws its flame chart", drawn(t))
		err = chromedp.Do(t.ctx, chromedp.KeyEvent("3"))
	}
	for i := 0; err == nil && i < len(f.tables); i++ {
		c.that(f.name(), "speedscope's Sandwich view agrees with "+f.tables[i].of, f.tables[i].agrees(t))
		err = chromedp.Do(t.ctx, chromedp.KeyEvent("n"))
	}
	c.that(f.name(), "speedscope asks only its own server", askedOnly(t, server))
	c.that(f.name(), "speedscope reports no problem", t.quiet())
	return nil
}

// opened waits until the profile is shown.
func (f *profileFile) opened(t *tab) error {
	type state struct {
		Title string `json:"title"`
		Shown string `json:"shown"`
	}
	loaded, err := scripts.ReadFile("scripts/loaded.js")
	if err != nil {
		return err
	}
	got, err := chromedp.Run(t.ctx, chromedp.PollFunction[state](string(loaded), chromedp.WithPollingTimeout(openLimit)))
	if err != nil {
		return errors.Join(err, t.quiet())
	}
	if want := f.title + " - speedscope"; got.Title != want || !strings.HasPrefix(got.Shown, f.shown) {
		return fmt.Errorf("its title is %q and shows %q, want %q and %q", got.Title, got.Shown, want, f.shown)
	}
	return nil
}

// askedOnly returns an error if the page sent a request to another host.
func askedOnly(t *tab, server string) error {
	var wrong []string
	for _, u := range t.asked() {
		if !strings.HasPrefix(u, server+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			wrong = append(wrong, u)
		}
	}
	return complain(wrong)
}

func (f *profileFile) name() string { return filepath.Base(f.path) }
