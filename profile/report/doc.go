// Package report prints what the commands found: each report is a value that
// is its own JSON (field names are a contract with other programs) and has a
// table for text, CSV and Markdown.
package report
