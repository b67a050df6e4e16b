#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_control_flow_attributes : require
// The products of conv.comp on a device's matrix units: factors of 16 bits, sums of
// 32. Both operands lie in shared memory with the sum's index r innermost.
//
//   FORWARD  D = y[k, pixel of y]   A = w[k, r]          B = x[r, pixel of y]
//   INPUT    D = dx[c, pixel of dx] A = w[c, r]          B = dy[r, pixel of dx]
//   WEIGHT   D = dw[k, cuv]         A = dy[k, pixel r]   B = x[pixel r, cuv]
//
// The weights of FORWARD and INPUT come arranged and rounded by arrange_matrix.comp:
// r counts taps and, innermost, channels padded to whole steps, so that a step of the
// sum meets one tap. Where that would pad too much (three channels of an image) TAPS is
// 0 and r is cuv. With strides, INPUT takes the pixels of dx by their remainder.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KH = 1;
layout(constant_id = 1) const uint KW = 1;
layout(constant_id = 2) const uint SH = 1;
layout(constant_id = 3) const uint SW = 1;
layout(constant_id = 4) const uint BM = 128; // a workgroup's tile
layout(constant_id = 5) const uint BN = 128;
layout(constant_id = 6) const uint WM = 2; // its subgroups, which share the tile as a grid
layout(constant_id = 7) const uint WN = 4;
layout(constant_id = 8) const uint MM = 16; // the device's matrices
layout(constant_id = 9) const uint MN = 16;
layout(constant_id = 10) const uint MK = 16;
layout(constant_id = 11) const uint STAGES = 1; // 2: the next step is stored while one is computed
layout(constant_id = 12) const uint TAPS = 2; // 2: channels fill whole steps
layout(push_constant) uniform Push {
  uint n, c, h, w, k, oh, ow, top, left, groups, slices, tail;
  float eps;
} p;
#include "matrix_pair.glsl"
#ifdef WEIGHT
#define word uint
layout(binding = 0) readonly buffer A { float a[]; };
#else
#define word uvec4
layout(binding = 0) readonly buffer A { uvec4 a[]; };
#endif
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer D { float d[]; };
#include "epilogue.glsl"
#if defined(FP16) && !defined(FORWARD) // gradients, whose range is wider than fp16's
layout(binding = 9) readonly buffer Scale { float scale[]; }; // a power of two and its inverse
#endif

const uint BK = 32; // terms of a step
#ifdef WEIGHT
const uint EACH = 2, NA = BM * BK / 512, NB = BN * BK / 512; // factors of a word; words a thread fetches
#else
const uint EACH = 8, NA = BM * BK / 2048, NB = BN * BK / 2048;
#endif
const uint PITCH = (BK + 8) / EACH;             // a row in shared memory, in words
const uint STAGE = (BM + BN) * PITCH;
const uint TM = BM / WM / MM, TN = BN / WN / MN; // a subgroup's matrices
const uint ACROSS = TN * MN;
const uint PATCH = MM * ACROSS * 2 / EACH; // where a subgroup lays a row of matrices, in words
const uint PATCHES = WM * WN * PATCH;
shared word pool[STAGES * STAGE > PATCHES ? STAGES * STAGE : PATCHES];
#ifdef WEIGHT
shared ivec3 columns[BN]; // where a column's channel begins, and its tap
#endif
shared Affine affines[BM];

// laid is a float that a matrix was stored to.
float laid(uint at) {
#ifdef WEIGHT
  return uintBitsToFloat(pool[at]);
#else
  return uintBitsToFloat(pool[at / 4][at % 4]);
#endif
}

void main() {
  const uint t = gl_LocalInvocationIndex;
  const uint cg = p.c / p.groups, kg = p.k / p.groups, plane = p.h * p.w, out_plane = p.oh * p.ow;
#if defined(FORWARD)
  const uint rows = kg, cols = p.n * out_plane, parities = 1;
  const uint inner = cg, padded = (inner + BK - 1) / BK * BK;
  const uint terms = TAPS != 0 ? KH * KW * padded : (cg * KH * KW + BK - 1) / BK * BK, depth = terms;
#elif defined(INPUT)
  const uint ch = (p.h + SH - 1) / SH, cw = (p.w + SW - 1) / SW, parities = SH * SW;
  const uint rows = cg, cols = p.n * ch * cw;
  const uint inner = kg, padded = (inner + BK - 1) / BK * BK, terms = KH * KW * padded;
#else
  const uint rows = kg, cols = cg * KH * KW, depth = p.n * out_plane, parities = 1;
#endif
  // Which tile this is: rows first, so that neighbours share what B fetches.
  uint id = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint tall = (rows + BM - 1) / BM, wide = (cols + BN - 1) / BN;
  const uint m0 = id % tall * BM; id /= tall;
  const uint n0 = id % wide * BN; id /= wide;
  const uint g = id % p.groups; id /= p.groups;
  const uint parity = id % parities, slice = id / parities;
  if (slice >= p.slices) return;
#ifdef INPUT
  // Rows h = h0 + SH·i of dx meet the taps u = u0 + SH·j of row y0 + i − j of dy.
  const uint h0 = parity / SW, w0 = parity % SW;
  const uint u0 = (h0 + p.top) % SH, v0 = (w0 + p.left) % SW;
  const uint nu = u0 < KH ? (KH - u0 + SH - 1) / SH : 0, nv = v0 < KW ? (KW - v0 + SW - 1) / SW : 0;
  const int y0 = int((h0 + p.top - u0) / SH), x0 = int((w0 + p.left - v0) / SW);
  const uint depth = nu * nv * padded;
#endif
  const uint each = (depth + p.slices * BK - 1) / (p.slices * BK) * BK;
  const uint from = min(slice * each, depth), to = min(from + each, depth);

  // What does not change along the sum: the pixel, or the taps, of B's columns.
#if defined(FORWARD)
  const uint col = min(n0 + t % BN, cols - 1), image = col / out_plane, at = col % out_plane;
  const int cy = int(at / p.ow * SH) - int(p.top), cx = int(at % p.ow * SW) - int(p.left);
  const uint base = (image * p.c + g * cg) * plane;
#elif defined(INPUT)
  const uint col = min(n0 + t % BN, cols - 1), image = col / (ch * cw), at = col % (ch * cw);
  const int cy = int(at / cw) + y0, cx = int(at % cw) + x0;
  const uint base = (image * p.k + g * kg) * out_plane;
#else
  for (uint i = t; i < BN; i += 256) {
    const uint q = min(n0 + i, cols - 1), c = q / (KH * KW), uv = q % (KH * KW);
    columns[i] = ivec3((g * cg + c) * plane, int(uv / KW) - int(p.top), int(uv % KW) - int(p.left));
  }
  barrier();
#endif

  coopmat<float, gl_ScopeSubgroup, MM, MN, gl_MatrixUseAccumulator> sums[TM * TN];
  [[unroll]] for (uint i = 0; i < TM * TN; i++) sums[i] = coopmat<float, gl_ScopeSubgroup, MM, MN, gl_MatrixUseAccumulator>(0);
#if defined(FP16) && !defined(FORWARD)
  const float up = scale[0], down = scale[1];
#else
  const float up = 1, down = 1;
#endif
  const uint wm = gl_SubgroupID / WN * TM * MM, wn = gl_SubgroupID % WN * ACROSS;
#ifdef WEIGHT
  float fa[2 * NA], fb[2 * NB];
#else
  uvec4 fa[NA];
  float fb[8 * NB];
  bool there = true; // what was fetched; else it is padding
#if defined(FORWARD)
  const uint nv = KW;
#endif
  const uint at_first = from / padded, across = max(nv, 1); // without taps there is no step
  uint first = from % padded, u = at_first / across, v = at_first % across; // of a step: its channel and its tap
#endif

  // Each turn fetches a step, computes the one before it, and stores what it fetched.
  for (uint r0 = from, turn = 0; r0 < to + BK; r0 += BK, turn++) {
    if (r0 < to) {
#if defined(WEIGHT)
      const uint r = r0 + t % (BK / 2) * 2;
      const uint image = r / out_plane, at = r % out_plane, y = at / p.ow, x = at % p.ow;
      const bool next_row = x + 1 == p.ow, next_image = at + 1 == out_plane;
      const uint image1 = next_image ? image + 1 : image, at1 = next_image ? 0 : at + 1;
      const int py0 = int(y * SH), px0 = int(x * SW);
      const int py1 = next_image ? 0 : next_row ? py0 + int(SH) : py0, px1 = next_row ? 0 : px0 + int(SW);
      const bool in0 = r < to, in1 = r + 1 < to;
      const uint a0 = (image * p.k + g * kg) * out_plane + at, a1 = (image1 * p.k + g * kg) * out_plane + at1;
      [[unroll]] for (uint i = 0; i < NA; i++) {
        const uint m = min(m0 + t / (BK / 2) + i * (512 / BK), rows - 1);
        const float e0 = a[in0 ? a0 + m * out_plane : 0], e1 = a[in1 ? a1 + m * out_plane : 0];
        fa[2 * i] = in0 ? e0 : 0;
        fa[2 * i + 1] = in1 ? e1 : 0;
      }
      const uint b0 = image * p.c * plane, b1 = image1 * p.c * plane;
      [[unroll]] for (uint i = 0; i < NB; i++) {
        const ivec3 q = columns[t / (BK / 2) + i * (512 / BK)];
        const int y0 = py0 + q.y, x0 = px0 + q.z, y1 = py1 + q.y, x1 = px1 + q.z;
        const bool on0 = in0 && uint(y0) < p.h && uint(x0) < p.w, on1 = in1 && uint(y1) < p.h && uint(x1) < p.w;
        const float e0 = b[on0 ? b0 + q.x + uint(y0) * p.w + uint(x0) : 0];
        const float e1 = b[on1 ? b1 + q.x + uint(y1) * p.w + uint(x1) : 0];
        fb[2 * i] = on0 ? e0 : 0;
        fb[2 * i + 1] = on1 ? e1 : 0;
      }
#else
#if defined(FORWARD)
      const uint start = r0;
#else
      const uint start = ((u0 + SH * u) * KW + v0 + SW * v) * padded + first;
#endif
      [[unroll]] for (uint i = 0; i < NA; i++) {
        const uint m = min(m0 + (t + i * 256) / (BK / 8), rows - 1);
        fa[i] = a[((g * rows + m) * terms + start) / 8 + t % (BK / 8)];
      }
      const uint rb = t / BN * (8 * NB);
#if defined(FORWARD)
      const int y = cy + int(u), x = cx + int(v);
      const uint high = p.h, broad = p.w, area = plane;
#else
      const int y = cy - int(u), x = cx - int(v);
      const uint high = p.oh, broad = p.ow, area = out_plane;
#endif
      if (TAPS != 0) {
        const bool on = uint(y) < high && uint(x) < broad;
        const uint b0 = base + (first + rb) * area + uint(y) * broad + uint(x);
        if (TAPS == 2) { // all of them or none
          there = on;
          const uint at = on ? b0 : 0, to_next = on ? area : 0;
          [[unroll]] for (uint e = 0; e < 8 * NB; e++) fb[e] = b[at + e * to_next];
        } else [[unroll]] for (uint e = 0; e < 8 * NB; e++) {
          const bool filled = on && first + rb + e < inner;
          const float one = b[filled ? b0 + e * area : 0];
          fb[e] = filled ? one : 0;
        }
      }
#ifdef FORWARD
      else [[unroll]] for (uint e = 0; e < 8 * NB; e++) {
        const uint r = r0 + rb + e, c = r / (KH * KW), uv = r % (KH * KW);
        const int y = cy + int(uv / KW), x = cx + int(uv % KW);
        const bool on = c < cg && uint(y) < p.h && uint(x) < p.w;
        const float one = b[on ? base + c * plane + uint(y) * p.w + uint(x) : 0];
        fb[e] = on ? one : 0;
      }
#endif
      first += BK;
      if (first == padded) {
        first = 0;
        v++;
        if (v == nv) { v = 0; u++; }
      }
#endif
    }
    if (turn > 0) {
      const uint as = (turn + 1) % STAGES * STAGE, bs = as + BM * PITCH;
      [[unroll]] for (uint r = 0; r < BK; r += MK) {
        coopmat<real, gl_ScopeSubgroup, MM, MK, gl_MatrixUseA> x[TM];
        [[unroll]] for (uint i = 0; i < TM; i++)
          coopMatLoad(x[i], pool, as + (wm + i * MM) * PITCH + r / EACH, PITCH, gl_CooperativeMatrixLayoutRowMajor);
        [[unroll]] for (uint j = 0; j < TN; j++) {
          coopmat<real, gl_ScopeSubgroup, MK, MN, gl_MatrixUseB> y;
          coopMatLoad(y, pool, bs + (wn + j * MN) * PITCH + r / EACH, PITCH, gl_CooperativeMatrixLayoutColumnMajor);
          [[unroll]] for (uint i = 0; i < TM; i++) sums[i * TN + j] = coopMatMulAdd(x[i], y, sums[i * TN + j]);
        }
      }
    }
    if (STAGES == 1) barrier();
    if (r0 < to) {
      const uint as = turn % STAGES * STAGE, bs = as + BM * PITCH;
#ifdef WEIGHT
      const uint row = t / (BK / 2), at = t % (BK / 2);
      [[unroll]] for (uint i = 0; i < NA; i++) pool[as + (row + i * (512 / BK)) * PITCH + at] = pair(up * fa[2 * i], up * fa[2 * i + 1]);
      [[unroll]] for (uint i = 0; i < NB; i++) pool[bs + (row + i * (512 / BK)) * PITCH + at] = pair(fb[2 * i], fb[2 * i + 1]);
#else
      [[unroll]] for (uint i = 0; i < NA; i++) pool[as + (t + i * 256) / (BK / 8) * PITCH + t % (BK / 8)] = fa[i];
      [[unroll]] for (uint i = 0; i < NB; i++) {
        uvec4 v;
        [[unroll]] for (uint e = 0; e < 4; e++) v[e] = there ? pair(up * fb[8 * i + 2 * e], up * fb[8 * i + 2 * e + 1]) : 0;
        pool[bs + t % BN * PITCH + t / BN * NB + i] = v;
      }
#endif
    }
    barrier();
  }

  // Sums leave by way of shared memory, since only the device knows which of its
  // lanes has which: each subgroup lays down a row of its matrices at a time.
  if (p.slices == 1) {
#if defined(INPUT)
    const uint channel = g * cg;
#else
    const uint channel = g * kg;
#endif
    if (t < BM) affines[t] = affine(channel + min(m0 + t, rows - 1), p.tail, p.eps);
  }
  const uint lane = gl_SubgroupInvocationID, lanes = gl_SubgroupSize, own = gl_SubgroupID * PATCH;
  [[unroll]] for (uint i = 0; i < TM; i++) {
    [[unroll]] for (uint j = 0; j < TN; j++)
      coopMatStore(sums[i * TN + j], pool, own + j * MN * 2 / EACH, ACROSS * 2 / EACH, gl_CooperativeMatrixLayoutRowMajor);
    barrier();
    const uint part = min(lanes, ACROSS);
    [[dont_unroll]] for (uint c = lane % part; c < ACROSS; c += part) {
      const uint q = n0 + wn + c;
      if (q >= cols) break;
#if defined(FORWARD)
      const uint total = p.n * p.k * out_plane, area = out_plane, first = g * kg;
      const uint start = q / out_plane * p.k * out_plane + q % out_plane;
#elif defined(INPUT)
      const uint total = p.n * p.c * plane, area = plane, first = g * cg, yx = q % (ch * cw);
      const uint y = h0 + SH * (yx / cw), x = w0 + SW * (yx % cw);
      if (y >= p.h || x >= p.w) continue;
      const uint start = q / (ch * cw) * p.c * plane + y * p.w + x;
#else
      const uint total = p.k * cols, area = cols, first = g * kg, start = q;
#endif
      [[dont_unroll]] for (uint r = lane / part; r < MM; r += lanes / part) {
        const uint m = m0 + wm + i * MM + r;
        if (m >= rows) break;
        const uint to_at = start + (first + m) * area;
        const float sum = down * laid(own * EACH / 2 + r * ACROSS + c);
        if (p.slices > 1) d[slice * total + to_at] = sum;
        else d[to_at] = epilogue(affines[wm + i * MM + r], sum, to_at, p.tail);
      }
    }
    barrier();
  }
}
