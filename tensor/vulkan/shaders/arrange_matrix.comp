#version 450
#extension GL_GOOGLE_include_directive : require
// Rounds weights to the factors of matrices and lays them out as matrix.comp takes
// them: rows of so many terms, of which each tap has padded. Where padded is 0 a row is
// as in memory, with zeros behind it.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { uint rows, k, c, taps, padded, terms; } p; // k and c: of a group
layout(binding = 0) readonly buffer W { float w[]; };
layout(binding = 2) writeonly buffer D { uint d[]; };
#include "matrix_pair.glsl"

float weight(uint row, uint r) {
#ifdef INPUT // a row is a channel of x, its terms those of y
  const uint tap = r / p.padded, k = r % p.padded;
  return k < p.k ? w[((row / p.c * p.k + k) * p.c + row % p.c) * p.taps + tap] : 0;
#else
  if (p.padded == 0) return r < p.c * p.taps ? w[row * p.c * p.taps + r] : 0;
  const uint tap = r / p.padded, c = r % p.padded;
  return c < p.c ? w[(row * p.c + c) * p.taps + tap] : 0;
#endif
}

void main() {
  const uint words = p.rows * (p.terms / 2);
  for (uint i = gl_GlobalInvocationID.x; i < words; i += gl_NumWorkGroups.x * 256) {
    const uint row = i / (p.terms / 2), r = i % (p.terms / 2) * 2;
    d[i] = pair(weight(row, r), weight(row, r + 1));
  }
}
