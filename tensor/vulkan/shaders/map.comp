#version 450
// Operations that compute each element of their result by itself. x, y and z
// are operands, d the result, the rest vectors by channel.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
  uint total, channels, plane;
  uint flags;                // of NORM: 1 a skip, 2 ReLU; of NORM_GRAD: 1 through ReLU; of UPDATE: 1 momentum, 2 Nesterov; else 1: scaled
  uint word;                 // index into words: a scalar, or dropout's key
  float f, g;                // ε; 1/m; momentum and decay; scale of what dropout keeps
#ifdef DROPOUT
  uint bar_low, bar_high;
#else
  uint h, w, oh, ow, sh, sw, before, after_channels; // pad
#endif
} p;
#if defined(UPDATE)
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) buffer Y { float y[]; };
layout(binding = 2) buffer D { float d[]; };
#else
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer Y { float y[]; };
layout(binding = 2) writeonly buffer D { float d[]; };
#endif
layout(binding = 3) readonly buffer Z { float z[]; };
layout(binding = 4) readonly buffer Gamma { float gamma[]; };
layout(binding = 5) readonly buffer Beta { float beta[]; };
layout(binding = 6) readonly buffer Mean { float mean[]; };
layout(binding = 7) readonly buffer Spread { float spread[]; }; // 1/√(σ² + ε), or σ² in eval mode
layout(binding = 8) readonly buffer Sums { vec4 sums[]; };       // dγ, dβ
layout(binding = 9) readonly buffer Words { uint words[]; };

float scalar() { return uintBitsToFloat(words[p.word]); }

float relu(float v) { return v < 0 ? 0 : v; } // NaN stays NaN

// 64-bit arithmetic in halves: (low, high).
uvec2 add64(uvec2 a, uvec2 b) { uint carry; uint low = uaddCarry(a.x, b.x, carry); return uvec2(low, a.y + b.y + carry); }
uvec2 mul64(uvec2 a, uvec2 b) { uint high, low; umulExtended(a.x, b.x, high, low); return uvec2(low, high + a.x * b.y + a.y * b.x); }
uvec2 shift64(uvec2 a, int n) { return uvec2(a.x >> n | a.y << (32 - n), a.y >> n); }
// Element i's 53 bits of the dropout mask: tensor.Stream's SplitMix64.
uvec2 bits(uint i) {
  uvec2 v = add64(uvec2(words[p.word], words[p.word + 1]), mul64(uvec2(i + 1, i + 1 == 0 ? 1 : 0), uvec2(0x7f4a7c15u, 0x9e3779b9u)));
  v = mul64(v ^ shift64(v, 30), uvec2(0x1ce4e5b9u, 0xbf58476du));
  v = mul64(v ^ shift64(v, 27), uvec2(0x133111ebu, 0x94d049bbu));
  return shift64(v ^ shift64(v, 31), 11);
}

void main() {
  for (uint i = gl_GlobalInvocationID.x; i < p.total; i += gl_NumWorkGroups.x * 256) {
    const uint c = i / p.plane % p.channels;
#if defined(COPY)
    d[i] = p.flags == 1 ? scalar() * x[i] : x[i];
#elif defined(RELU)
    d[i] = relu(x[i]);
#elif defined(RELU_GRAD)
    d[i] = x[i] > 0 ? y[i] : 0;
#elif defined(ADD)
    float v = (p.flags & 1) != 0 ? scalar() * x[i] + y[i] : x[i] + y[i];
    d[i] = (p.flags & 2) != 0 ? relu(v) : v;
#elif defined(DROPOUT)
    const uvec2 r = bits(i);
    d[i] = r.y < p.bar_high || r.y == p.bar_high && r.x < p.bar_low ? 0 : p.f * x[i];
#elif defined(NORM) || defined(NORM_EVAL)
#ifdef NORM
    float v = gamma[c] * spread[c] * (x[i] - mean[c]) + beta[c];
#else
    float v = gamma[c] / sqrt(spread[c] + p.f) * (x[i] - mean[c]) + beta[c];
#endif
    if ((p.flags & 1) != 0) v += y[i];
    d[i] = (p.flags & 2) != 0 ? relu(v) : v;
#elif defined(NORM_GRAD)
    // x is the normalised operand, y its gradient, z the result of the ReLU between, if flagged.
    const float dy = p.flags == 1 && !(z[i] > 0) ? 0 : y[i], hat = (x[i] - mean[c]) * spread[c];
    d[i] = gamma[c] * spread[c] * (dy - sums[c].y * p.g - hat * (sums[c].x * p.g));
#elif defined(NORM_GRAD_EVAL)
    const float dy = p.flags == 1 && !(z[i] > 0) ? 0 : y[i];
    d[i] = gamma[c] / sqrt(spread[c] + p.f) * dy;
#elif defined(PAD)
    const uint k = i / (p.oh * p.ow) % p.after_channels, n = i / (p.oh * p.ow) / p.after_channels, at = i % (p.oh * p.ow);
    d[i] = k >= p.before && k - p.before < p.channels
      ? x[((n * p.channels + k - p.before) * p.h + at / p.ow * p.sh) * p.w + at % p.ow * p.sw] : 0;
#elif defined(PAD_GRAD)
    const uint at = i % p.plane, n = i / p.plane / p.channels, yy = at / p.w, xx = at % p.w;
    d[i] = yy % p.sh == 0 && xx % p.sw == 0
      ? x[((n * p.after_channels + p.before + c) * p.oh + yy / p.sh) * p.ow + xx / p.sw] : 0;
#elif defined(UPDATE)
    // x is the gradient, y the momentum, d the parameter.
    const float grad = x[i] + p.g * d[i];
    float step = grad;
    if ((p.flags & 1) != 0) {
      const float v = p.f * y[i] + grad;
      y[i] = v;
      step = (p.flags & 2) != 0 ? grad + p.f * v : v;
    }
    d[i] -= scalar() * step;
#endif
  }
}
