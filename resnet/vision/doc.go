// Package vision turns pictures and data sets into a net's input.
//
// Pictures (JPEG, PNG, WebP, BMP, GIF) are decoded to 8-bit RGB, turned
// upright by their EXIF orientation, and scaled, cropped and normalised as
// torchvision does on PIL images, to the same bits. Data sets are read one
// image at a time, normalised, and held as the bytes they came in.
//
// Every size that a file claims is checked before memory is taken for it.
package vision
