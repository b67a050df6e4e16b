package vision_test

import (
	"fmt"
	"log"

	"resnet-tui/resnet/vision"
)

// A picture becomes one image of a net's input.
func ExampleTransform_Apply() {
	picture, err := vision.ReadFile("../../testdata/vision/in/rgb.png")
	if err != nil {
		log.Fatal(err)
	}
	t := vision.ForImageNet(3, 224, 224)
	if err := t.Check(); err != nil {
		log.Fatal(err)
	}
	input := make([]float32, t.Elems())
	t.Apply(input, picture)
	fmt.Printf("%d×%d pixels become 3×%d×%d values\n", picture.Width, picture.Height, t.Height, t.Width)
	// Output: 23×17 pixels become 3×224×224 values
}

// Generated images need no files.
func ExampleOpenData() {
	data, err := vision.OpenData("synthetic:400", vision.DataOptions{Split: vision.Train})
	if err != nil {
		log.Fatal(err)
	}
	c, h, w := data.Shape()
	image := make([]float32, c*h*w)
	label, err := data.Read(7, image)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d images of %d×%d×%d; image 7 shows %s\n", data.Len(), c, h, w, data.Classes()[label])
	// Output: 400 images of 3×32×32; image 7 shows checks 72°
}
