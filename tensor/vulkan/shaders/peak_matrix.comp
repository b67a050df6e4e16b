#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_control_flow_attributes : require
// What matrix units do at best: products of matrices in registers.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint MM = 16; // the device's matrices
layout(constant_id = 1) const uint MN = 16;
layout(constant_id = 2) const uint MK = 16;
layout(push_constant) uniform Push { uint count; } p; // rounds of eight products
layout(binding = 2) buffer D { float d[]; };
#include "matrix_pair.glsl"

shared uint pool[4 * MM * MK / 2 + 2 * MK * MN / 2];

void main() {
  // Numbers of either sign without a pattern: units draw less power from zeros, and run
  // faster.
  for (uint i = gl_LocalInvocationIndex; i < pool.length(); i += 256) {
    const uint hash = (i * 747796405u + 2891336453u) ^ (i << 13);
    pool[i] = pair(float(hash & 0xffffu) / 32768 - 1, float(hash >> 16) / 32768 - 1);
  }
  barrier();
  coopmat<real, gl_ScopeSubgroup, MM, MK, gl_MatrixUseA> x[4];
  coopmat<real, gl_ScopeSubgroup, MK, MN, gl_MatrixUseB> y[2];
  coopmat<float, gl_ScopeSubgroup, MM, MN, gl_MatrixUseAccumulator> sums[8];
  [[unroll]] for (uint i = 0; i < 4; i++)
    coopMatLoad(x[i], pool, i * MM * MK / 2, MK / 2, gl_CooperativeMatrixLayoutRowMajor);
  [[unroll]] for (uint j = 0; j < 2; j++)
    coopMatLoad(y[j], pool, (4 * MM + j * MN) * MK / 2, MK / 2, gl_CooperativeMatrixLayoutColumnMajor);
  [[unroll]] for (uint i = 0; i < 8; i++) sums[i] = coopmat<float, gl_ScopeSubgroup, MM, MN, gl_MatrixUseAccumulator>(0);
  for (uint n = 0; n < p.count; n++) {
    [[unroll]] for (uint i = 0; i < 8; i++) sums[i] = coopMatMulAdd(x[i / 2], y[i % 2], sums[i]);
  }
  float s = 0;
  [[unroll]] for (uint i = 0; i < 8; i++) s += sums[i][0];
  if (s == 12345.678) d[gl_LocalInvocationIndex] = s; // so that no compiler leaves the products out
}
