// Package vision turns pictures and data sets into a net's input.
//
// Pictures (JPEG, PNG, WebP, BMP, GIF) are decoded to 8-bit RGB, turned upright by their
// EXIF orientation, and scaled, cropped and normalised with the same bits as torchvision
// has for PIL images. Data sets are held as the bytes of their files, and normalised one
// image at a time as they are read.
//
// Every size that a file claims is checked before memory is allocated for it. Errors about
// a file start with its path; those of the file system can be tested with errors.Is, as in
// fs.ErrNotExist.
package vision
