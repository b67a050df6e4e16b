//go:build !nogpu

package vk

// The extensions of matrix units, and of a 16-bit type of their factors.
const (
	CooperativeMatrix = "VK_KHR_cooperative_matrix"
	ShaderBFloat16    = "VK_KHR_shader_bfloat16"
)

// The structures about matrix units.
const (
	TypePhysicalDeviceFeatures2                 StructureType = 1000059000
	TypePhysicalDeviceShaderFloat16Int8Features StructureType = 1000082000
	TypePhysicalDeviceShaderBFloat16Features    StructureType = 1000141000
	TypePhysicalDeviceMemoryModelFeatures       StructureType = 1000211000
	TypePhysicalDeviceMatrixFeatures            StructureType = 1000506000
	TypeMatrixProperties                        StructureType = 1000506001
)

// MatrixProperties is one shape of matrices that a device multiplies: M×K by K×N.
type MatrixProperties struct {
	Head
	M, N, K      uint32
	A, B, C, Sum ComponentType
	Saturating   uint32
	Scope        uint32
}

// ScopeSubgroup is the scope of a matrix that the threads of a subgroup share.
const ScopeSubgroup = 3

// ComponentType is the type of a matrix's elements.
type ComponentType uint32

// The types that are looked for.
const (
	ComponentFloat16  ComponentType = 0
	ComponentFloat32  ComponentType = 1
	ComponentBFloat16 ComponentType = 1000141000
)

// Structures that say which features there are, and that ask for them.
type (
	PhysicalDeviceFeatures2 struct {
		Head
		Features [55]uint32
		_        uint32
	}
	PhysicalDeviceShaderFloat16Int8Features struct {
		Head
		Float16, Int8 uint32
	}
	PhysicalDeviceShaderBFloat16Features struct {
		Head
		Type, DotProduct, Matrix uint32
	}
	PhysicalDeviceMemoryModelFeatures struct {
		Head
		Model, DeviceScope, Chains, _ uint32
	}
	PhysicalDeviceMatrixFeatures struct {
		Head
		Matrix, RobustAccess uint32
	}
)

// FeatureShaderInt16 is the place of shaderInt16 in PhysicalDeviceFeatures2.
const FeatureShaderInt16 = 41
