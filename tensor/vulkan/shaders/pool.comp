#version 450
// Pools and their gradients, one invocation an element of the result.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
  uint total, h, w, oh, ow; // of the pool's operand and result
  int kh, kw, sh, sw, top, left;
  uint zero; // padding counts as 0, not as −∞
} p;
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer DY { float dy[]; }; // the gradient of the result
layout(binding = 2) writeonly buffer D { float d[]; };

// The first maximum of a window in row-major order, the last NaN if there is
// one; −1 if it is a zero of the padding.
int arg_max(uint base, int y0, int x0, out float best) {
  int at = -1; bool none = true;
  best = -1.0 / 0.0;
  for (int i = y0; i < y0 + p.kh; i++) for (int j = x0; j < x0 + p.kw; j++) {
    float v = 0; int index = -1;
    if (i >= 0 && j >= 0 && i < int(p.h) && j < int(p.w)) { index = i * int(p.w) + j; v = x[base + index]; }
    else if (p.zero == 0) continue;
    if (none || v > best || isnan(v)) { best = v; at = index; none = false; }
  }
  return at;
}

// The pixels of the image in the window of output row, or column, i; padding counts
// for nothing.
ivec2 rows(uint i) { const int a = int(i) * p.sh - p.top; return ivec2(max(a, 0), min(a + p.kh, int(p.h))); }
ivec2 columns(uint i) { const int a = int(i) * p.sw - p.left; return ivec2(max(a, 0), min(a + p.kw, int(p.w))); }

// The window of the n inputs that output i of m averages.
uint first(uint i, uint n, uint m) { return i * n / m; }
uint last(uint i, uint n, uint m) { return ((i + 1) * n + m - 1) / m; }

void main() {
  const uint plane = p.h * p.w, out_plane = p.oh * p.ow;
  for (uint i = gl_GlobalInvocationID.x; i < p.total; i += gl_NumWorkGroups.x * 256) {
#if defined(MAX)
    const uint at = i % out_plane;
    float best;
    arg_max(i / out_plane * plane, int(at / p.ow) * p.sh - p.top, int(at % p.ow) * p.sw - p.left, best);
    d[i] = best;
#elif defined(MAX_GRAD)
    const int at = int(i % plane), r = at / int(p.w), c = at % int(p.w);
    float sum = 0, best;
    for (int oy = max(0, (r + p.top - p.kh + p.sh) / p.sh); oy < int(p.oh) && oy * p.sh - p.top <= r; oy++)
      for (int ox = max(0, (c + p.left - p.kw + p.sw) / p.sw); ox < int(p.ow) && ox * p.sw - p.left <= c; ox++)
        if (arg_max(i / plane * plane, oy * p.sh - p.top, ox * p.sw - p.left, best) == at)
          sum += dy[i / plane * out_plane + uint(oy) * p.ow + uint(ox)];
    d[i] = sum;
#elif defined(MEAN)
    const uint at = i % out_plane;
    const ivec2 ys = rows(at / p.ow), xs = columns(at % p.ow);
    float sum = 0;
    for (int r = ys.x; r < ys.y; r++) for (int c = xs.x; c < xs.y; c++) sum += x[i / out_plane * plane + uint(r) * p.w + uint(c)];
    d[i] = sum / float((ys.y - ys.x) * (xs.y - xs.x));
#elif defined(MEAN_GRAD)
    const int at = int(i % plane), r = at / int(p.w), c = at % int(p.w);
    float sum = 0;
    for (int oy = max(0, (r + p.top - p.kh + p.sh) / p.sh); oy < int(p.oh) && oy * p.sh - p.top <= r; oy++)
      for (int ox = max(0, (c + p.left - p.kw + p.sw) / p.sw); ox < int(p.ow) && ox * p.sw - p.left <= c; ox++) {
        const ivec2 ys = rows(oy), xs = columns(ox);
        sum += dy[i / plane * out_plane + uint(oy) * p.ow + uint(ox)] / float((ys.y - ys.x) * (xs.y - xs.x));
      }
    d[i] = sum;
#elif defined(ADAPTIVE)
    const uint at = i % out_plane, oy = at / p.ow, ox = at % p.ow;
    const uint y0 = first(oy, p.h, p.oh), y1 = last(oy, p.h, p.oh), x0 = first(ox, p.w, p.ow), x1 = last(ox, p.w, p.ow);
    float sum = 0;
    for (uint r = y0; r < y1; r++) for (uint c = x0; c < x1; c++) sum += x[i / out_plane * plane + r * p.w + c];
    d[i] = sum / float((y1 - y0) * (x1 - x0));
#elif defined(ADAPTIVE_GRAD)
    const uint at = i % plane, r = at / p.w, c = at % p.w;
    float sum = 0;
    for (uint oy = 0; oy < p.oh; oy++) {
      const uint y0 = first(oy, p.h, p.oh), y1 = last(oy, p.h, p.oh);
      if (r < y0 || r >= y1) continue;
      for (uint ox = 0; ox < p.ow; ox++) {
        const uint x0 = first(ox, p.w, p.ow), x1 = last(ox, p.w, p.ow);
        if (c >= x0 && c < x1) sum += dy[i / plane * out_plane + oy * p.ow + ox] / float((y1 - y0) * (x1 - x0));
      }
    }
    d[i] = sum;
#endif
  }
}
