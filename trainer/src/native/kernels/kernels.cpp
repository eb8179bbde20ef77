// The kernels of one instruction set: built several times, with other flags and another name in TITER_ISA each.

#include "kernels.h"

#include <cstring>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace titer {
namespace TITER_ISA {
namespace {

// Everything in here has internal linkage: a function shared between the builds might be taken from the wrong one.
#include "vector.h"

#include "attention.h"
#include "elementwise.h"
#if defined(TITER_AMX)
#include "amx.h"
#endif

template <typename Call>
bool with_head(int64_t head, Call &&call) {
  switch (head) {
    case 16: call(std::integral_constant<int, 16>{}); return true;
    case 24: call(std::integral_constant<int, 24>{}); return true;
    case 32: call(std::integral_constant<int, 32>{}); return true;
    case 64: call(std::integral_constant<int, 64>{}); return true;
    default: return false;
  }
}

// The head sizes of ESM-2 8M to 3B.
bool attends(int64_t head) {
  return with_head(head, [](auto) {});
}

int64_t attention_scratch(int64_t head, int64_t queries, int64_t keys, bool gradient) {
  int64_t count = 0;
  with_head(head, [&](auto size) {
    count = scratch_of<size.value>(queries, keys, gradient);
#if defined(TITER_AMX)
    const int64_t tiles = amx_scratch_of<size.value>(queries, keys, gradient);
    count = tiles > count ? tiles : count;
#endif
  });
  return count;
}

void attention(const Attention &at, int64_t head) {
  with_head(head, [&](auto size) {
    if (at.type == Type::f32) attend<size.value, float>(at);
#if defined(TITER_AMX)
    else amx_attend<size.value>(at);
#else
    else attend<size.value, bf16>(at);
#endif
  });
}

void attention_gradient(const AttentionGradient &back, int64_t head) {
  with_head(head, [&](auto size) {
    if (back.forward.type == Type::f32) attend_back<size.value, float>(back);
#if defined(TITER_AMX)
    else amx_attend_back<size.value>(back);
#else
    else attend_back<size.value, bf16>(back);
#endif
  });
}

void norm(const Norm &norm, int64_t begin, int64_t end) {
  if (norm.type == Type::f32) norm_rows<float>(norm, begin, end);
  else norm_rows<bf16>(norm, begin, end);
}

void norm_gradient(const NormGradient &back, int64_t begin, int64_t end) {
  if (back.type == Type::f32) norm_gradient_rows<float>(back, begin, end);
  else norm_gradient_rows<bf16>(back, begin, end);
}

void gelu(const Gelu &gelu, int64_t begin, int64_t end) {
  if (gelu.type == Type::f32) gelu_rows<float>(gelu, begin, end);
  else gelu_rows<bf16>(gelu, begin, end);
}

void gelu_gradient(const GeluGradient &back, int64_t begin, int64_t end) {
  if (back.forward.type == Type::f32) gelu_gradient_rows<float>(back, begin, end);
  else gelu_gradient_rows<bf16>(back, begin, end);
}

}  // namespace

#define TITER_TEXT(name) #name
#define TITER_NAME(name) TITER_TEXT(name)

extern const Kernels kernels;
const Kernels kernels = {TITER_NAME(TITER_ISA), attends, attention_scratch, attention, attention_gradient,
                         norm, norm_gradient, gelu, gelu_gradient};

}  // namespace TITER_ISA
}  // namespace titer
