package main

import (
	"errors"
	"fmt"

	"github.com/chromedp/chromedp"
)

// treeOpens clicks twice on the first closed branch in view.
func treeOpens(t *tab, _ *export) error {
	type place struct {
		Number int     `json:"number"`
		X      float64 `json:"x"`
		Y      float64 `json:"y"`
	}
	at, err := script[*place](t, "closed")
	if err != nil {
		return err
	}
	if at == nil {
		return errors.New("no branch is closed")
	}
	for _, open := range []bool{true, false} {
		if err := chromedp.Do(t.ctx, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
			return err
		}
		got, err := evaluate[bool](t, fmt.Sprintf(`document.querySelectorAll("details")[%d].querySelector(".under").checkVisibility()`, at.Number))
		if err != nil {
			return err
		}
		if got != open {
			return fmt.Errorf("after a click the rows under it are seen: %v", got)
		}
	}
	return nil
}

// pageFits checks the page in windows of two widths.
func pageFits(t *tab, _ *export) error {
	var wrong []string
	for _, width := range []int64{1280, 500} {
		if err := chromedp.Do(t.ctx, chromedp.EmulateViewport(width, 900)); err != nil {
			return err
		}
		got, err := script[struct {
			Window int      `json:"window"`
			Page   int      `json:"page"`
			Wide   []string `json:"wide"`
		}](t, "width")
		if err != nil {
			return err
		}
		if got.Page > got.Window {
			wrong = append(wrong, fmt.Sprintf("the page is %d wide in a window of %d: %v", got.Page, got.Window, complain(got.Wide)))
		}
	}
	return complain(wrong)
}
