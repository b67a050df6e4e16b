package main

import (
	"bytes"
	"fmt"
	"go/format"
)

// The kernels find their arguments at fixed offsets in the structs of package
// asm, which this module does not load. The constants repeat those structs, and
// a generated test holds them to what the compiler makes of the structs: a field
// that moves fails it.

// Offsets of asm.ConvArgs, in bytes.
const (
	convSrc = 8 * iota
	convW
	convDst
	convBias
	convRes
	convPf
	convIcb
	convKh
	convRun
	convSrcPlane
	convSrcRow
	convSrcPix
	convSrcHalf
	convDstHalf
	convResHalf
	convDstOB
	convResOB
	convNx
	convSrcX
	convDstX
	convResX
	convNy
	convSrcY
	convDstY
	convResY
	convPfStep
	convFlags
)

// Offsets of asm.WinoInArgs, in bytes.
const (
	winoInSrc = 8 * iota
	winoInDst
	winoInSrcRow
	winoInSrcTile
	winoInPosStride
	winoInDstTile
	winoInN
	winoInScratch
)

// Offsets of asm.WinoOutArgs, in bytes.
const (
	winoOutSrc = 8 * iota
	winoOutDst
	winoOutBias
	winoOutRes
	winoOutPosStride
	winoOutSrcTile
	winoOutN
	winoOutDstRow
	winoOutDstTile
	winoOutResRow
	winoOutResTile
	winoOutRows
	winoOutCols
	winoOutFlags
	winoOutScratch
)

// Offsets of asm.EltArgs, in bytes.
const (
	eltSrc = 8 * iota
	eltDst
	eltRes
	eltScale
	eltShift
	eltN
	eltFlags
)

// Offsets of asm.PoolArgs, in bytes.
const (
	poolSrc = 8 * iota
	poolDst
	poolSrcRow
	poolSrcStep
	poolKH
	poolKW
	poolN
)

// Offsets of asm.GradWeightArgs, in bytes.
const (
	gradSrc = 8 * iota
	gradGrad
	gradDst
	gradSrcPix
	gradSrcRow
	gradGradRow
	gradNx
	gradNy
	gradGroups
	gradNz
	gradSrcZ
	gradGradZ
)

// Offsets of asm.PairArgs, in bytes.
const (
	pairSrc = 8 * iota
	pairDst
	pairSrcStep
	pairDstStep
	pairN
)

// Offsets of asm.NormGradArgs, in bytes.
const (
	normX = 8 * iota
	normDY
	normY
	normDst
	normMean
	normFactors
	normN
)

// Offsets of asm.SGDArgs, in bytes.
const (
	sgdW        = 0
	sgdV        = 8
	sgdGrad     = 16
	sgdN        = 24
	sgdRate     = 32
	sgdMomentum = 36
	sgdDecay    = 40
	sgdNesterov = 44
)

// Offsets of asm.PoolGradArgs, in bytes.
const (
	poolGradX = 8 * iota
	poolGradDY
	poolGradDX
	poolGradRow
	poolGradDXRow
	poolGradStep
	poolGradKH
	poolGradKW
	poolGradN
)

// Offsets of asm.CountArgs, in bytes.
const (
	countSrc     = 0
	countN       = 8
	countBase    = 16
	countSigned  = 24
	countTables  = 32
	countTotal   = 40
	countBins    = countTotal + 32
	countScratch = countBins + 32*32
)

// Offsets of asm.FigureSums, in bytes.
const (
	figureOffset  = 0
	figureSum     = 64
	figureSquares = 192
	figureMin     = 320
	figureMax     = 384
	figureZeros   = 448
	figureScale   = 512
)

// Offsets of asm.MatrixArgs, in bytes.
const (
	matrixSrc = 8 * iota
	matrixW
	matrixDst
	matrixBias
	matrixRes
	matrixTaps
	matrixTapCount
	matrixPairs
	matrixSrcPlane
	matrixN
	matrixRow
	matrixSkip
	matrixDstSkip
	matrixResSkip
	matrixDstOB
	matrixResOB
	matrixFlags
	matrixWhole
	matrixRest    = matrixWhole + 64
	matrixScratch = matrixRest + 64
)

// Offsets of asm.MatrixGradArgs, in bytes.
const (
	matrixGradSrc = 8 * iota
	matrixGradGrad
	matrixGradDst
	matrixGradTaps
	matrixGradTapCount
	matrixGradSrcRow
	matrixGradGradOB
	matrixGradDstIB
	matrixGradDstOB
	matrixGradN
	matrixGradConfig
)

// Offsets of asm.TransposeArgs, in bytes.
const (
	transposeSrc = 8 * iota
	transposeDst
	transposeDstRow
	transposeN
)

// Offsets of asm.GatherArgs, in bytes.
const (
	gatherSrc = 8 * iota
	gatherDst
	gatherSrcOB
	gatherSrcPix
	gatherSrcRow
	gatherDstRow
	gatherNx
	gatherNy
)

// argStruct is a struct of package asm, with the offsets of its fields.
type argStruct struct {
	name   string
	fields []argField
}

// argField is one field, with its offset in bytes.
type argField struct {
	name   string
	offset int
}

// argStructs are all structs that kernels read, with all their fields.
var argStructs = []argStruct{
	{"ConvArgs", []argField{
		{"Src", convSrc}, {"W", convW}, {"Dst", convDst}, {"Bias", convBias}, {"Res", convRes},
		{"Pf", convPf}, {"Icb", convIcb}, {"Kh", convKh}, {"Run", convRun}, {"SrcPlane", convSrcPlane},
		{"SrcRow", convSrcRow}, {"SrcPix", convSrcPix}, {"SrcHalf", convSrcHalf}, {"DstHalf", convDstHalf},
		{"ResHalf", convResHalf}, {"DstOB", convDstOB}, {"ResOB", convResOB}, {"Nx", convNx},
		{"SrcX", convSrcX}, {"DstX", convDstX}, {"ResX", convResX}, {"Ny", convNy}, {"SrcY", convSrcY},
		{"DstY", convDstY}, {"ResY", convResY}, {"PfStep", convPfStep}, {"Flags", convFlags},
	}},
	{"WinoInArgs", []argField{
		{"Src", winoInSrc}, {"Dst", winoInDst}, {"SrcRow", winoInSrcRow}, {"SrcTile", winoInSrcTile},
		{"PosStride", winoInPosStride}, {"DstTile", winoInDstTile}, {"N", winoInN},
		{"Scratch", winoInScratch},
	}},
	{"WinoOutArgs", []argField{
		{"Src", winoOutSrc}, {"Dst", winoOutDst}, {"Bias", winoOutBias}, {"Res", winoOutRes},
		{"PosStride", winoOutPosStride}, {"SrcTile", winoOutSrcTile}, {"N", winoOutN},
		{"DstRow", winoOutDstRow}, {"DstTile", winoOutDstTile}, {"ResRow", winoOutResRow},
		{"ResTile", winoOutResTile}, {"Rows", winoOutRows}, {"Cols", winoOutCols}, {"Flags", winoOutFlags},
		{"Scratch", winoOutScratch},
	}},
	{"EltArgs", []argField{
		{"Src", eltSrc}, {"Dst", eltDst}, {"Res", eltRes}, {"Scale", eltScale}, {"Shift", eltShift},
		{"N", eltN}, {"Flags", eltFlags},
	}},
	{"PoolArgs", []argField{
		{"Src", poolSrc}, {"Dst", poolDst}, {"SrcRow", poolSrcRow}, {"SrcStep", poolSrcStep}, {"KH", poolKH},
		{"KW", poolKW}, {"N", poolN},
	}},
	{"GradWeightArgs", []argField{
		{"Src", gradSrc}, {"Grad", gradGrad}, {"Dst", gradDst}, {"SrcPix", gradSrcPix},
		{"SrcRow", gradSrcRow}, {"GradRow", gradGradRow}, {"Nx", gradNx}, {"Ny", gradNy},
		{"Groups", gradGroups}, {"Nz", gradNz}, {"SrcZ", gradSrcZ}, {"GradZ", gradGradZ},
	}},
	{"PairArgs", []argField{
		{"Src", pairSrc}, {"Dst", pairDst}, {"SrcStep", pairSrcStep}, {"DstStep", pairDstStep}, {"N", pairN},
	}},
	{"NormGradArgs", []argField{
		{"X", normX}, {"DY", normDY}, {"Y", normY}, {"Dst", normDst}, {"Mean", normMean},
		{"Factors", normFactors}, {"N", normN},
	}},
	{"SGDArgs", []argField{
		{"W", sgdW}, {"V", sgdV}, {"Grad", sgdGrad}, {"N", sgdN}, {"Rate", sgdRate},
		{"Momentum", sgdMomentum}, {"Decay", sgdDecay}, {"Nesterov", sgdNesterov},
	}},
	{"PoolGradArgs", []argField{
		{"X", poolGradX}, {"DY", poolGradDY}, {"DX", poolGradDX}, {"XRow", poolGradRow},
		{"DXRow", poolGradDXRow}, {"Step", poolGradStep}, {"KH", poolGradKH}, {"KW", poolGradKW},
		{"N", poolGradN},
	}},
	{"CountArgs", []argField{
		{"Src", countSrc}, {"N", countN}, {"Base", countBase}, {"Signed", countSigned}, {"Tables", countTables},
		{"Total", countTotal}, {"Bins", countBins}, {"Scratch", countScratch},
	}},
	{"MatrixArgs", []argField{
		{"Src", matrixSrc}, {"W", matrixW}, {"Dst", matrixDst}, {"Bias", matrixBias}, {"Res", matrixRes},
		{"Taps", matrixTaps}, {"TapCount", matrixTapCount}, {"Pairs", matrixPairs}, {"SrcPlane", matrixSrcPlane},
		{"N", matrixN}, {"Row", matrixRow}, {"Skip", matrixSkip}, {"DstSkip", matrixDstSkip},
		{"ResSkip", matrixResSkip}, {"DstOB", matrixDstOB}, {"ResOB", matrixResOB}, {"Flags", matrixFlags},
		{"Whole", matrixWhole}, {"Rest", matrixRest}, {"Scratch", matrixScratch},
	}},
	{"MatrixGradArgs", []argField{
		{"Src", matrixGradSrc}, {"Grad", matrixGradGrad}, {"Dst", matrixGradDst}, {"Taps", matrixGradTaps},
		{"TapCount", matrixGradTapCount}, {"SrcRow", matrixGradSrcRow}, {"GradOB", matrixGradGradOB},
		{"DstIB", matrixGradDstIB}, {"DstOB", matrixGradDstOB}, {"N", matrixGradN}, {"Config", matrixGradConfig},
	}},
	{"TransposeArgs", []argField{
		{"Src", transposeSrc}, {"Dst", transposeDst}, {"DstRow", transposeDstRow}, {"N", transposeN},
	}},
	{"GatherArgs", []argField{
		{"Src", gatherSrc}, {"Dst", gatherDst}, {"SrcOB", gatherSrcOB}, {"SrcPix", gatherSrcPix},
		{"SrcRow", gatherSrcRow}, {"DstRow", gatherDstRow}, {"Nx", gatherNx}, {"Ny", gatherNy},
	}},
	{"FigureSums", []argField{
		{"Offset", figureOffset}, {"Sum", figureSum}, {"Squares", figureSquares}, {"Min", figureMin}, {"Max", figureMax},
		{"Zeros", figureZeros}, {"Scale", figureScale},
	}},
}

// offsetsTest writes the table that the test of the offsets reads.
func offsetsTest() ([]file, error) {
	var b bytes.Buffer
	b.WriteString(generatedHeader + "package asm\n\nimport \"unsafe\"\n\n")
	b.WriteString("// generatedOffsets are where the assembly looks for each field, and where it is.\n")
	b.WriteString("var generatedOffsets = []struct {\n\tname, field string\n\tassembly, compiler uintptr\n}{\n")
	for _, s := range argStructs {
		for _, f := range s.fields {
			fmt.Fprintf(&b, "\t{%q, %q, %d, unsafe.Offsetof(%s{}.%s)},\n", s.name, f.name, f.offset, s.name, f.name)
		}
	}
	b.WriteString("}\n")
	text, err := format.Source(b.Bytes())
	return []file{{"offsets_gen_test.go", text}}, err
}
