// Package report prints what the commands found. A report is a value that is
// its own JSON (field names are a contract with other programs) and has a table
// that is printed as text, CSV or Markdown; Write does all four.
//
// # Adding a report
//
//  1. Declare a struct with JSON tags whose first field is Schema, and its
//     schema in schemas.go. What is not known or does not apply is left out of
//     the JSON, so such a field is a pointer or has omitempty; a float that may
//     be NaN is a Number.
//  2. Give it Table, which returns a Table of the report's rows, and Text, which
//     writes that table and, below it, facts.
//  3. Add it to TestTables with rows made by hand, one with all values and one
//     with none, and to TestSchemas; run both with -update and read the goldens.
//
// # Adding a column
//
// A column is one line in a Table method: its name, its title, its alignment,
// and a function that makes a row's Cell.
//
//	{"gbps", "GB/s", right, func(l profile.LayerRow) Cell { return optional(l.GBPS) }},
//
// The name heads the column in CSV and is the field's name in the JSON; a column
// without a name is not in CSV (a bar, a verdict). The title heads it in text
// and Markdown; a column without a title is only in CSV. A report whose text has
// fewer columns than its CSV leaves them out by name, with Table.Without.
//
// The functions in cells.go make the cells. One that may have no value makes it
// a dash for people and nothing for programs; NaN is printed as NaN.
package report
