package device_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"resnet-tui/tensor/device"
)

// Opens the CPU, and shows the error for a name that no device has.
func ExampleOpen() {
	dev, err := device.Open(context.Background(), "cpu", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	fmt.Println(dev.Info().ID)

	_, err = device.Open(context.Background(), "tpu", nil)
	var unknown *device.NameError
	fmt.Println(errors.As(err, &unknown), unknown.Reason)
	// Output:
	// cpu
	// true unknown name
}
