package report_test

import (
	"fmt"
	"log"
	"os"
	"strconv"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
)

// A report of what a net costs, as a table for a README.
func ExampleWrite() {
	model, err := resnet.Build(resnet.Config{Arch: "cifar_resnet20"})
	if err != nil {
		log.Fatal(err)
	}
	counts := report.NewCounts(model)
	counts.Counts = counts.Counts[:2]
	if err := report.Write(os.Stdout, counts, "md"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// | convention | cifar_resnet20 | per image | what it counts |
	// | --- | ---: | ---: | --- |
	// | macs | 40.6 M | 40,551,040 | multiply-adds of convolutions and linear layers |
	// | flops | 81.1 M | 81,102,080 | the same, with multiplications and additions counted separately |
}

// One definition of the columns prints a table in three formats. A column
// without a title is only in CSV.
func ExampleTable() {
	type layer struct {
		path  string
		bytes int
	}
	table := report.Table[layer]{
		Columns: []report.Column[layer]{
			{Name: "path", Title: "layer", Cell: func(l layer) report.Cell {
				return report.Cell{Text: l.path, Raw: l.path}
			}},
			{Name: "bytes", Title: "memory", Right: true, Cell: func(l layer) report.Cell {
				return report.Cell{Text: fmt.Sprintf("%d kB", l.bytes/1000), Raw: strconv.Itoa(l.bytes)}
			}},
		},
		Rows: []layer{{"conv1", 65_536}, {"layer1.0.conv1", 1_536}},
	}
	table.Text(os.Stdout)
	table.Markdown(os.Stdout)
	table.CSV(os.Stdout)
	// Output:
	// layer           memory
	// conv1            65 kB
	// layer1.0.conv1    1 kB
	// | layer | memory |
	// | --- | ---: |
	// | conv1 | 65 kB |
	// | layer1.0.conv1 | 1 kB |
	// path,bytes
	// conv1,65536
	// layer1.0.conv1,1536
}
