// What the trainer needs of libtorch and tch does not bind. Each function catches: an exception must not cross into Rust.

#include <cstdlib>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include "guarded.h"
#include "native.h"

using titer::guarded;

namespace {

std::vector<at::Tensor> list(const at::Tensor *const *tensors, size_t count) {
  std::vector<at::Tensor> out;
  out.reserve(count);
  for (size_t i = 0; i < count; i++) out.push_back(*tensors[i]);
  return out;
}

}  // namespace

extern "C" {

void titer_free(char *message) { free(message); }

// ---- devices ----

char *titer_peak_memory(int device, int64_t *bytes) {
  return guarded([&] {
    auto stats = at::getDeviceAllocator(at::kCUDA)->getDeviceStats(static_cast<c10::DeviceIndex>(device));
    *bytes = stats.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
  });
}

// This thread's work on a GPU goes to a stream of its own; its backward passes follow their forward passes there.
char *titer_own_stream(int device) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl cuda(c10::DeviceType::CUDA);
    c10::Device gpu(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device));
    cuda.setDevice(gpu);
    cuda.exchangeStream(cuda.getStreamFromGlobalPool(gpu));
  });
}

const char *titer_libtorch_version() { return TORCH_VERSION; }

// 1000 * major + 10 * minor; needs libtorch_cuda.
char *titer_cuda_version(int64_t *version) {
  return guarded([&] { *version = at::detail::getCUDAHooks().versionCUDART(); });
}

// Deterministic kernels, an error where there are none: with a warning only, attention's backward stays as it is. Memory that is
// not written yet is not filled: that would cost time and find nothing.
void titer_deterministic() {
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

// TF32 halves the digits of fp32 matrix products: never silently.
void titer_full_fp32() {
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
}

// ---- warnings ----

// This thread's warnings go to `hear` from here on, those of its backward passes too, which libtorch hands over to it. libtorch keeps a
// handler a thread, and prints to standard error where there is none.
void titer_hear_warnings(void (*hear)(const char *message, const char *file, uint32_t line)) {
  struct Heard : c10::WarningHandler {
    void (*hear)(const char *, const char *, uint32_t);
    explicit Heard(void (*hear)(const char *, const char *, uint32_t)) : hear(hear) {}
    void process(const c10::Warning &warning) override {
      const auto &at = warning.source_location();
      hear(warning.msg().c_str(), at.file, at.line);
    }
  };
  // Never deleted: libtorch may warn while a thread ends.
  thread_local Heard *const heard = new Heard(hear);
  c10::WarningUtils::set_warning_handler(heard);
}

// ---- tensors ----

// A tensor of the host on a GPU. The host does not wait for the copy: it goes through page-locked memory, which libtorch keeps until the copy is
// done. Which device that is for libtorch knows; to say so is deprecated, and it warns at every call.
char *titer_sent(const at::Tensor *tensor, int device, at::Tensor **out) {
  return guarded([&] {
    at::Device gpu(at::kCUDA, static_cast<at::DeviceIndex>(device));
    *out = new at::Tensor(tensor->pin_memory().to(gpu, tensor->scalar_type(), /*non_blocking=*/true));
  });
}

// A tensor of the host into one of the same shape and type, likewise where that lies on a GPU.
char *titer_send_into(const at::Tensor *tensor, const at::Tensor *into) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    TORCH_CHECK(tensor->sizes() == into->sizes() && tensor->scalar_type() == into->scalar_type(), "the same shape and type");
    if (into->is_cpu()) into->copy_(*tensor);
    else into->copy_(tensor->pin_memory(), /*non_blocking=*/true);
  });
}

// Tensors into others of the same shapes, on their device, with few launches.
char *titer_copy_all(const at::Tensor *const *from, const at::Tensor *const *into, size_t count) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    at::_foreach_copy_(list(into, count), list(from, count));
  });
}

// ---- optimiser ----

// One AdamW step over all parameters in one kernel. `steps` are fp32 scalars that count the steps taken before this one, one a
// parameter, and are advanced here. With `found_inf` (an fp32 scalar) not zero nothing changes, the counts included.
char *titer_adamw(const at::Tensor *const *parameters, const at::Tensor *const *gradients, const at::Tensor *const *means,
                  const at::Tensor *const *squares, const at::Tensor *const *steps, size_t count, double rate, double beta1,
                  double beta2, double decay, double epsilon, const at::Tensor *found_inf) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    auto counts = list(steps, count);
    at::_foreach_add_(counts, 1);
    std::optional<at::Tensor> inf;
    if (found_inf) inf = *found_inf;
    at::_fused_adamw_(list(parameters, count), list(gradients, count), list(means, count), list(squares, count), {}, counts, rate, beta1,
                      beta2, decay, epsilon, /*amsgrad=*/false, /*maximize=*/false, {}, inf);
    if (found_inf) at::_foreach_sub_(counts, std::vector<at::Tensor>(count, *found_inf));
  });
}

// The global norm of the gradients, written to `norm` (a new scalar tensor on their device); the gradients are scaled down to
// `limit` as torch.nn.utils.clip_grad_norm_ does, without waiting for the device. No scaling where limit <= 0.
char *titer_clip(const at::Tensor *const *gradients, size_t count, double limit, at::Tensor **norm) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    auto all = list(gradients, count);
    auto total = at::linalg_vector_norm(at::stack(at::_foreach_norm(all, 2)), 2);
    if (limit > 0) {
      auto coefficient = at::clamp_max(limit / (total + 1e-6), 1.0);
      at::_foreach_mul_(all, coefficient);
    }
    *norm = new at::Tensor(total);
  });
}

// fp16: divides the gradients by the scale and sets `found_inf` to 1 where one is not finite.
char *titer_unscale(const at::Tensor *const *gradients, size_t count, const at::Tensor *found_inf, const at::Tensor *inverse_scale) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    auto all = list(gradients, count);
    at::Tensor found = *found_inf;
    at::_amp_foreach_non_finite_check_and_unscale_(all, found, *inverse_scale);
  });
}

// ---- attention ----

// Self-attention of packed sequences on CUDA: flash attention where `flash` says that the GPU and the type allow it, else the
// memory-efficient kernel. query, key, value: [tokens, heads, head]; offsets: int32 [sequences + 1], where each
// sequence of keys begins; query_offsets likewise for the queries. Differentiable: both kernels carry their derivative.
char *titer_packed_attention(const at::Tensor *query, const at::Tensor *key, const at::Tensor *value, const at::Tensor *query_offsets,
                             const at::Tensor *offsets, int64_t longest_query, int64_t longest, double scale, bool flash,
                             at::Tensor **out) {
  return guarded([&] {
    // The memory-efficient kernel's backward pass refuses it too; here it shows at once, and for both.
    TORCH_CHECK(longest <= key->size(0) && longest_query <= query->size(0), "no sequence has more tokens than the batch");
    if (!flash) {
      auto result = at::_efficient_attention_forward(query->unsqueeze(0), key->unsqueeze(0), value->unsqueeze(0), {}, *query_offsets,
                                                     *offsets, longest_query, longest, 0.0, 0, /*compute_log_sumexp=*/true, scale);
      *out = new at::Tensor(std::get<0>(result).squeeze(0));
    } else {
      auto result = at::_flash_attention_forward(*query, *key, *value, *query_offsets, *offsets, longest_query, longest, 0.0,
                                                 /*is_causal=*/false, /*return_debug_mask=*/false, scale);
      *out = new at::Tensor(std::get<0>(result));
    }
  });
}

}  // extern "C"
