package app_test

import (
	"context"
	"encoding/json"
	"fmt"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// A spec is plain data: a request in JSON says all that a use case needs.
func ExampleService_Summary() {
	request := `{"net": {"family": "cifar", "depth": 20, "plain": true}}`
	var spec app.Spec
	if err := json.Unmarshal([]byte(request), &spec); err != nil {
		fmt.Println(err)
		return
	}
	r, err := app.Service{}.Summary(spec, app.SummaryOptions{}, app.Listener{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if s, ok := r.(*report.Summary); ok {
		fmt.Printf("%s: %d parameters, %d multiply-adds\n", s.Model.Arch, s.Total.Params, s.Total.MACs)
	}
	// Output: cifar_plain20: 269722 parameters, 40551040 multiply-adds
}

// What can't be meant is an *InputError, whose message names fields of the spec.
func ExampleInputError() {
	spec := app.Spec{Step: app.Step{Update: true}, Run: app.Run{Mode: app.ModeEval}}
	_, err := app.Service{}.Open(context.Background(), spec, app.Listener{})
	fmt.Println(err)
	// Output: update is part of training: it does not go with mode eval
}
