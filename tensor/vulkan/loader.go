//go:build !nogpu

package vulkan

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// libraryVariable names an environment variable with the path of a Vulkan loader, or of
// a driver, to use in place of the system's.
const libraryVariable = "RESNET_TUI_LIBVULKAN"

// Libraries are the names under which Vulkan is looked for, in order.
func Libraries() []string {
	if path := os.Getenv(libraryVariable); path != "" {
		return []string{path}
	}
	return librariesOn(runtime.GOOS)
}

func librariesOn(system string) []string {
	switch system {
	case "windows":
		return []string{"vulkan-1.dll"}
	case "darwin":
		return []string{
			"libvulkan.1.dylib", "libMoltenVK.dylib", "/usr/local/lib/libvulkan.1.dylib",
			"/opt/homebrew/lib/libvulkan.1.dylib", "/opt/homebrew/lib/libMoltenVK.dylib",
		}
	}
	return []string{"libvulkan.so.1", "libvulkan.so"}
}

// connect makes the instance, once.
var connect = sync.OnceValues(func() (*instance, error) {
	return within(connectPatience, func() (*instance, error) { return connectBy(Libraries()) })
})

// connectPatience is how long all drivers together may take to say what they have. They
// load compilers from disk, and wake sleeping GPUs.
const connectPatience = time.Minute

// within gives up waiting for drivers, though a call of theirs can't be stopped.
func within(limit time.Duration, f func() (*instance, error)) (*instance, error) {
	type result struct {
		in  *instance
		err error
	}
	done := make(chan result, 1)
	go func() {
		in, err := f()
		done <- result{in, err}
	}()
	select {
	case r := <-done:
		return r.in, r.err
	case <-time.After(limit):
		return nil, fmt.Errorf("the Vulkan drivers do not answer after %v: leave out the one that hangs%s", limit, narrowing())
	}
}

// connectBy makes the instance by the first library that can.
func connectBy(libraries []string) (*instance, error) {
	var tried []error
	var broken error // the first loader's, that is one
	for _, name := range libraries {
		find, err := vk.Open(name, "vkGetInstanceProcAddr")
		if err != nil {
			tried = append(tried, err)
			continue
		}
		in, err := newInstance(find)
		if err == nil {
			return in, nil
		}
		if broken == nil {
			broken = fmt.Errorf("%s: %w", name, err)
		}
	}
	if broken != nil {
		return nil, broken
	}
	return nil, &LoaderError{libraries, errors.Join(tried...)}
}

// LoaderError says that there is no Vulkan on the system.
type LoaderError struct {
	Tried  []string // libraries
	Reason error
}

// Error says what was tried, and what to do.
func (e *LoaderError) Error() string {
	reasons := strings.ReplaceAll(e.Reason.Error(), "\n", "; ")
	if os.Getenv(libraryVariable) != "" {
		return fmt.Sprintf("%s names no Vulkan loader (%s): unset it, or let it name one", libraryVariable, reasons)
	}
	return fmt.Sprintf("there is no Vulkan loader (tried %s: %s): %s", strings.Join(e.Tried, ", "), reasons, remedyOn(runtime.GOOS))
}

func (e *LoaderError) Unwrap() error { return e.Reason }

// remedyOn says where a loader comes from.
func remedyOn(system string) string {
	switch system {
	case "windows":
		return "install the GPU's driver, which brings vulkan-1.dll"
	case "darwin":
		return "install MoltenVK, such as Homebrew's molten-vk"
	}
	return "install the GPU's driver and a Vulkan loader, such as Debian's libvulkan1 or Fedora's vulkan-loader"
}

// driverVariables name environment variables that say which drivers the loader takes.
var driverVariables = []string{
	"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES", "VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE",
}

// narrowing says how drivers are chosen, and were.
func narrowing() string {
	var set []string
	for _, name := range driverVariables {
		if value, is := os.LookupEnv(name); is {
			set = append(set, name+"="+value)
		}
	}
	if len(set) > 0 {
		return " (" + strings.Join(set, ", ") + " narrows the choice)"
	}
	return " (VK_DRIVER_FILES=FILE.json takes the driver of that manifest only)"
}
