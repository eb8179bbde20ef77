// The C functions between Rust and C++, each declared once. C++ includes this file, so that a
// definition which differs does not compile; build.rs makes Rust's declarations of it
// (build/bindings.rs), so that there are no others to differ.
//
// A function that can fail returns nullptr, or a message that the caller frees with titer_free.

#pragma once

#include <cstddef>
#include <cstdint>

namespace at {
class Tensor;
}

extern "C" {

void titer_free(char *message);

// ---- native.cpp: devices ----

char *titer_peak_memory(int device, int64_t *bytes);
char *titer_own_stream(int device);
const char *titer_libtorch_version();
char *titer_cuda_version(int64_t *version);
void titer_deterministic();
void titer_full_fp32();
void titer_hear_warnings(void (*hear)(const char *message, const char *file, uint32_t line));

// ---- native.cpp: tensors ----

char *titer_sent(const at::Tensor *tensor, int device, at::Tensor **out);
char *titer_send_into(const at::Tensor *tensor, const at::Tensor *into);
char *titer_copy_all(const at::Tensor *const *from, const at::Tensor *const *into, size_t count);

// ---- native.cpp: the optimiser ----

char *titer_adamw(const at::Tensor *const *parameters, const at::Tensor *const *gradients, const at::Tensor *const *means,
                  const at::Tensor *const *squares, const at::Tensor *const *steps, size_t count, double rate, double beta1,
                  double beta2, double decay, double epsilon, const at::Tensor *found_inf);
char *titer_clip(const at::Tensor *const *gradients, size_t count, double limit, at::Tensor **norm);
char *titer_unscale(const at::Tensor *const *gradients, size_t count, const at::Tensor *found_inf, const at::Tensor *inverse_scale);

// ---- native.cpp: attention on a GPU ----

char *titer_packed_attention(const at::Tensor *query, const at::Tensor *key, const at::Tensor *value, const at::Tensor *query_offsets,
                             const at::Tensor *offsets, int64_t longest_query, int64_t longest, double scale, bool flash,
                             at::Tensor **out);

// ---- ops.cpp: the kernels of the CPU ----

const char *titer_kernels();
const char *titer_kernels_of(const uint32_t *registers, uint64_t enabled);
bool titer_attends(int64_t head);
char *titer_attention(const at::Tensor *query, const at::Tensor *query_bias, const at::Tensor *key_value, const at::Tensor *bias,
                      const at::Tensor *cosine, const at::Tensor *sine, const int64_t *lengths, size_t sequences, int64_t heads,
                      at::Tensor **out);
char *titer_norm(const at::Tensor *x, const at::Tensor *branch, const at::Tensor *branch_bias, const at::Tensor *weight,
                 const at::Tensor *bias, double epsilon, bool half, at::Tensor **normalised, at::Tensor **sum);
char *titer_gelu(const at::Tensor *x, const at::Tensor *bias, at::Tensor **out);

// ---- profile.cpp ----

void titer_profile_start();
bool titer_profile_on();
void titer_phase_begin(const char *name);
void titer_phase_end();
void titer_profile_read(void *out, void (*take)(void *out, const char *phase, const char *operation, double seconds, int64_t calls));

// ---- cuda/graphs.cpp: a library of its own, whose functions are found through one table ----

struct TiterRecorder;
struct TiterGraph;

struct TiterGraphs {
  char *(*open)(int device, TiterRecorder **out);
  void (*close)(TiterRecorder *recorder);
  char *(*tidy)(const TiterRecorder *recorder);
  char *(*begin)(const TiterRecorder *recorder, TiterGraph **out);
  char *(*end)(TiterGraph *graph);
  char *(*replay)(TiterGraph *graph);
  void (*drop)(TiterGraph *graph);
};

}  // extern "C"
