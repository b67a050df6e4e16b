// Package report prints the results of commands: as text for people, as JSON and
// CSV for programs, and as Markdown for documents.
//
// A report is a value. Its JSON is the value itself, so field names are a contract
// with other programs, and Schema names the version of that contract. Its table is
// printed as text, CSV or Markdown, and its text may have more: totals, a summary,
// what the figures don't say. Write does all four.
//
// # Values
//
// What is unknown or doesn't apply is left out of the JSON, is empty in CSV and a
// dash in text. A float that is NaN or infinite, as in a net whose values overflow,
// is null in JSON and NaN in CSV and text: it is a finding, not a gap.
//
// Names end in the unit: _ns, _ms, _bytes, seconds. Text chooses the unit that
// fits; CSV has the values of the JSON, in the same units. MACs, FLOPs and
// operations are per image; executed FLOPs, bytes and times are per pass, of the
// whole batch.
//
// Reports are plain data, which printing doesn't change: several goroutines may
// print the same one. A report shares the slices of what it was made from.
//
// # Adding a report
//
//  1. Declare a struct with JSON tags whose first field is Schema, and its schema
//     in schemas.go. A field that may be unknown is a pointer or has omitempty; a
//     float that may be NaN is a Number.
//  2. Give it Table, which returns a Table of the report's rows, and Text, which
//     writes that table and, below it, facts.
//  3. Add it to TestTables with rows made by hand, one with all values and one
//     with none, and to schemas in the tests; run them with -update and read the
//     goldens. TestReportsHaveJSON says which floats must be Numbers.
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
// The functions in cells.go make the cells, each for one kind of value.
package report
