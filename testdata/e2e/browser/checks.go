package main

import "fmt"

// checks counts what holds, and prints each check as it is made.
type checks struct{ held, failed int }

// that prints whether a check of a file holds: err says why it does not.
func (c *checks) that(file, what string, err error) {
	if err != nil {
		c.failed++
		fmt.Printf("FAILED: %s: %s: %v\n", file, what, err)
		return
	}
	c.held++
	fmt.Printf("holds: %s: %s\n", file, what)
}
