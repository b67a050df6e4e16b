//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package checkpoint

import (
	"errors"
	"os"
)

func mapFile(*os.File, int64) (source, error) {
	return nil, errors.New("files can't be mapped on this system")
}
