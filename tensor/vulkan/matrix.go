//go:build !nogpu

package vulkan

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// factors are the precisions of matrices beside FP32, and their types in Vulkan.
var factors = []struct {
	precision tensor.Precision
	component vk.ComponentType
}{
	{tensor.BF16, vk.ComponentBFloat16},
	{tensor.FP16, vk.ComponentFloat16},
}

// findMatrices notes which matrices a device multiplies that the kernels can use, and
// for the other precisions what is missing.
func (in *instance) findMatrices(p *physical) error {
	p.lacks = map[tensor.Precision]string{tensor.TF32: "Vulkan has no tf32"}
	missing := in.matrixFeatures(p)
	if missing[tensor.FP16] != "" && missing[tensor.BF16] != "" {
		p.lacks[tensor.FP16], p.lacks[tensor.BF16] = missing[tensor.FP16], missing[tensor.BF16]
		return nil
	}
	shapes, err := in.matrixShapes(p)
	if err != nil {
		return err
	}
	for _, f := range factors {
		if why := missing[f.precision]; why != "" {
			p.lacks[f.precision] = why
		} else if m, ok := bestShape(p, shapes, f.component); ok {
			m.Precision = f.precision
			p.matrices = append(p.matrices, m)
		} else {
			p.lacks[f.precision] = fmt.Sprintf("it multiplies no matrices of %v with sums in fp32 that the kernels can use", f.precision)
		}
	}
	return nil
}

// matrixFeatures asks for the features that the kernels need, and says which are
// missing for each precision: "" where nothing is.
func (in *instance) matrixFeatures(p *physical) map[tensor.Precision]string {
	if !p.extensions[vk.CooperativeMatrix] || p.props.API < version12 {
		why := "its driver has no " + vk.CooperativeMatrix
		return map[tensor.Precision]string{tensor.FP16: why, tensor.BF16: why}
	}
	f := newMatrixFeatures(p.extensions[vk.ShaderBFloat16])
	in.GetPhysicalDeviceFeatures2.Call(p.handle, &f.core)
	missing := map[tensor.Precision]string{}
	switch {
	case f.matrix.Matrix == 0, f.half.Float16 == 0, f.model.Model == 0:
		why := "its driver lacks cooperativeMatrix, shaderFloat16 or vulkanMemoryModel"
		missing[tensor.FP16], missing[tensor.BF16] = why, why
	case !p.extensions[vk.ShaderBFloat16]:
		missing[tensor.BF16] = "its driver has no " + vk.ShaderBFloat16
	case f.brain.Type == 0, f.brain.Matrix == 0, f.core.Features[vk.FeatureShaderInt16] == 0:
		missing[tensor.BF16] = "its driver lacks shaderBFloat16CooperativeMatrix or shaderInt16"
	}
	return missing
}

// matrixFeatures are the features of matrix units, as a chain.
type matrixFeatures struct {
	core   vk.PhysicalDeviceFeatures2
	matrix vk.PhysicalDeviceMatrixFeatures
	model  vk.PhysicalDeviceMemoryModelFeatures
	half   vk.PhysicalDeviceShaderFloat16Int8Features
	brain  vk.PhysicalDeviceShaderBFloat16Features // at the end, if the device knows it
}

func newMatrixFeatures(brain bool) *matrixFeatures {
	f := &matrixFeatures{}
	f.core.Head = vk.Head{SType: vk.TypePhysicalDeviceFeatures2, Next: unsafe.Pointer(&f.matrix)}
	f.matrix.Head = vk.Head{SType: vk.TypePhysicalDeviceMatrixFeatures, Next: unsafe.Pointer(&f.model)}
	f.model.Head = vk.Head{SType: vk.TypePhysicalDeviceMemoryModelFeatures, Next: unsafe.Pointer(&f.half)}
	f.half.Head = vk.Head{SType: vk.TypePhysicalDeviceShaderFloat16Int8Features}
	if brain {
		f.half.Next = unsafe.Pointer(&f.brain)
		f.brain.Head = vk.Head{SType: vk.TypePhysicalDeviceShaderBFloat16Features}
	}
	return f
}

// matrixShapes are all that the device multiplies, of any type.
func (in *instance) matrixShapes(p *physical) ([]vk.MatrixProperties, error) {
	const name = "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"
	get := vk.Command(in.lookUp(vk.CString(name)))
	if get == 0 {
		return nil, fmt.Errorf("its driver has no %s", name)
	}
	var n uint32
	if err := get.Call(p.handle, &n, nil).Check("counting matrices"); err != nil || n == 0 {
		return nil, err
	}
	shapes := make([]vk.MatrixProperties, min(n, 1<<10))
	for i := range shapes {
		shapes[i].SType = vk.TypeMatrixProperties
	}
	n = uint32(len(shapes))
	r := get.Call(p.handle, &n, &shapes[0])
	return shapes[:min(int(n), len(shapes))], r.Check("listing matrices")
}

// bestShape is the largest shape of a type that the kernels can use.
func bestShape(p *physical, shapes []vk.MatrixProperties, of vk.ComponentType) (best gpu.Matrices, found bool) {
	for _, s := range shapes {
		if s.A != of || s.B != of || s.C != vk.ComponentFloat32 || s.Sum != vk.ComponentFloat32 || s.Scope != vk.ScopeSubgroup {
			continue
		}
		m := gpu.Matrices{M: int(s.M), N: int(s.N), K: int(s.K), Subgroups: gpu.Threads / int(max(p.subgroup, 1))}
		if m.Fit(p.shared()) && (!found || m.M*m.N*m.K > best.M*best.N*best.K) {
			best, found = m, true
		}
	}
	return best, found
}

// askForMatrices adds to what a device is opened with what its matrices need, and
// returns the names of the extensions. What is asked for must live until it is open.
func (p *physical) askForMatrices(info *vk.DeviceCreateInfo) []*byte {
	if len(p.matrices) == 0 {
		return nil
	}
	brain := p.lacks[tensor.BF16] == ""
	f := newMatrixFeatures(brain)
	f.matrix.Matrix, f.model.Model, f.half.Float16 = 1, 1, 1
	names := []*byte{vk.CString(vk.CooperativeMatrix)}
	if brain {
		f.brain.Type, f.brain.Matrix = 1, 1
		f.core.Features[vk.FeatureShaderInt16] = 1
		names = append(names, vk.CString(vk.ShaderBFloat16))
	}
	info.Next = unsafe.Pointer(&f.core)
	return names
}
