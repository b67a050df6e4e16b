// Two factors of matrices in a word, rounded to the nearest, and the type of
// such a factor.
#ifdef BF16
#extension GL_EXT_bfloat16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#define real bfloat16_t
uint pair(float a, float b) { return packUint2x16(bfloat16BitsToUintEXT(bf16vec2(a, b))); }
#else
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define real float16_t
uint pair(float a, float b) { return packFloat2x16(f16vec2(a, b)); }
#endif
