//go:build amd64 && !noasm

package asm

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// matrixAMX has the products of AMX, which Sapphire Rapids brought.
var matrixAMX = &MatrixKernels{
	Conv:   configured(matrixConvAMX),
	Conv1:  configured(matrixConvOneAMX),
	Gather: gatherAMX,
	Grad: [3][3]func(*MatrixGradArgs){
		1: {1: configuredGrad(matrixGradAMXx11), 2: configuredGrad(matrixGradAMXx12)},
		2: {1: configuredGrad(matrixGradAMXx21), 2: configuredGrad(matrixGradAMXx22)},
	},
	Transpose: transposeAMX,
}

// offerAMX adds AMX to the products of AVX512_BF16, which every processor that has it
// has too, if the system lets this process use tiles.
var offerAMX = sync.OnceFunc(func() {
	if avx512.Dot == nil || !cpu.X86.HasAMXTile || !cpu.X86.HasAMXBF16 || !permitTiles() {
		return
	}
	dot := *avx512.Dot
	dot.Name, dot.Matrix, dot.Peak = "amx_bf16", matrixAMX, peakOfTiles
	avx512.Dot = &dot
})

// peakOfTiles is Peak, in calls of some 50 µs: they can't be preempted.
func peakOfTiles(n int) (flops int64) {
	const most = 2000
	config := newTileConfig(MatrixGroup / 2)
	for ; n > most; n -= most {
		flops += matrixPeakAMX(unsafe.Pointer(&config), most)
	}
	return flops + matrixPeakAMX(unsafe.Pointer(&config), n)
}
