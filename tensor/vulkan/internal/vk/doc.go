// Package vk is the part of Vulkan 1.3 that computing needs, without cgo: the loader is
// opened at run time, functions are called by their address, structures lie as C lays
// them out. Names are Vulkan's, less "Vk" and "vk".
//
// It decides nothing: package vulkan does.
package vk
