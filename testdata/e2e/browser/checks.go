package main

import "fmt"

// checks counts the checks that pass, and prints each one as it is made.
type checks struct{ held, failed int }

// that prints whether a check of a file passes; err says why it does not.
func (c *checks) that(file, what string, err error) {
	if err != nil {
		c.failed++
		fmt.Printf("FAILED: %s: %s: %v\n", file, what, err)
		return
	}
	c.held++
	fmt.Printf("holds: %s: %s\n", file, what)
}
