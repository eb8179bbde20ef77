// What the trainer computes itself on a CPU: attention within the sequences of a packed batch, residual sums with their layer
// normalisation, GELU, each together with the bias of the projection before it. One source, built once for each instruction set (kernels.cpp); `best` picks at run time.
//
// Values come and go as fp32 or bf16 and are computed in fp32. Nothing here allocates, throws or starts threads: the caller splits
// the work, and every part writes what no other part does, so results do not depend on how many threads there are.

#pragma once

#include <cstdint>

namespace titer {

enum class Type { f32, bf16 };

// A matrix by rows; `stride` counts elements between them.
struct Rows {
  void *data = nullptr;
  int64_t stride = 0;
};

// One head over one sequence. Query `i` stands at position `i` of the sequence and attends to all keys.
struct Attention {
  Type type;
  int64_t queries, keys;
  Rows query, key, value;  // [queries, head], [keys, head], [keys, head]: as projected, without bias, neither scaled nor rotated
  const float *query_bias, *key_bias, *value_bias;  // [head]
  const float *cosine, *sine;  // [positions, head / 2]: rotary embedding of queries and keys
  float scale;  // of the queries, before the rotation
  Rows out;  // [queries, head]
  float *log_sum;  // [queries]: log Σ exp(scores), which the backward pass starts from
  float *scratch;  // `attention_scratch` floats, aligned to 64 bytes
};

struct AttentionGradient {
  Attention forward;  // `out` and `log_sum` as the forward pass left them
  Rows d_out;
  Rows d_query, d_key, d_value;
  float *d_query_bias, *d_key_bias, *d_value_bias;  // [head]: of this sequence, added to what is there
};

// `sum = x + branch + branch_bias` and `normalised = (sum - mean) / sd * weight + bias`, row by row.
struct Norm {
  Type type;  // of branch and normalised
  int64_t width;
  const float *x;
  const void *branch;  // or null: sum is x, and is not written
  const float *branch_bias;  // [width]
  float *sum;
  const float *weight, *bias;
  float epsilon;
  void *normalised;
  float *mean, *inverse_deviation;  // [rows]
};

struct NormGradient {
  Type type;
  int64_t width;
  const float *sum, *weight, *mean, *inverse_deviation;
  const void *d_normalised;
  const float *d_sum;  // what reaches the sum by other ways, or null
  float *d_x;
  void *d_branch;  // or null: none, or the same numbers as d_x
  float *d_weight, *d_bias, *d_branch_bias;  // [width]: the sum over the rows given is added to what is there
};

// `out = gelu(x + bias)`, row by row.
struct Gelu {
  Type type;
  int64_t width;
  const void *x;
  const float *bias;
  void *out;
};

struct GeluGradient {
  Gelu forward;  // without `out`
  const void *d_out;
  void *d_x;
  float *d_bias;  // [width]: the sum over the rows given is added to what is there
};

// The kernels of one instruction set. They are written for some head sizes; `attends` says which.
struct Kernels {
  const char *name;
  bool (*attends)(int64_t head);
  int64_t (*attention_scratch)(int64_t head, int64_t queries, int64_t keys, bool gradient);
  void (*attention)(const Attention &, int64_t head);
  void (*attention_gradient)(const AttentionGradient &, int64_t head);
  void (*norm)(const Norm &, int64_t begin, int64_t end);
  void (*norm_gradient)(const NormGradient &, int64_t begin, int64_t end);
  void (*gelu)(const Gelu &, int64_t begin, int64_t end);
  void (*gelu_gradient)(const GeluGradient &, int64_t begin, int64_t end);
};

// The largest set that this processor and its system have; or the one that TITER_KERNELS names.
const Kernels &best();

// What an x86-64 processor says of itself, and which registers its system saves between processes.
struct Processor {
  uint32_t basic;  // cpuid 1, ecx
  uint32_t extended_b, extended_d;  // cpuid 7, ebx and edx
  uint32_t extended_1;  // cpuid 7.1, eax
  uint32_t amd;  // cpuid 0x80000001, ecx
  uint64_t saved;  // xgetbv 0
};

// The largest set of such a processor.
const Kernels &best_of(const Processor &processor);

}  // namespace titer
