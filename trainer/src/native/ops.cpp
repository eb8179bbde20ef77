// The CPU kernels as differentiable operations on tensors.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "guarded.h"
#include "kernels/kernels.h"
#include "native.h"

#ifndef INTRA_OP_PARALLEL
#error "at::parallel_for would use one thread"
#endif

namespace {

using at::Tensor;
using titer::guarded;
using titer::Rows;
using titer::Type;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Type type_of(const Tensor &tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16, "fp32 or bf16, not ", tensor.scalar_type());
  return tensor.scalar_type() == at::kFloat ? Type::f32 : Type::bf16;
}

// A thread's own memory for the length of one task, aligned to a cache line; kept, because the next one needs as much.
float *scratch(int64_t count) {
  constexpr size_t kLine = 64 / sizeof(float);
  thread_local std::vector<float> memory;
  if (memory.size() < static_cast<size_t>(count) + kLine) memory = std::vector<float>(static_cast<size_t>(count) + kLine);
  auto address = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<float *>((address + 63) / 64 * 64);
}

// Where the sequences of a packed batch lie, and in which order they are taken: the longest first, so that no thread is left with
// one at the end.
struct Sequences {
  std::vector<int64_t> lengths, starts, order;

  explicit Sequences(std::vector<int64_t> all) : lengths(std::move(all)), starts(lengths.size()), order(lengths.size()) {
    std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), int64_t{0});
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return lengths[a] > lengths[b]; });
  }

  int64_t tokens() const { return std::accumulate(lengths.begin(), lengths.end(), int64_t{0}); }

  // Calls `task(sequence, head)` for each, on all threads.
  template <typename Task>
  void each(int64_t heads, Task &&task) const {
    const int64_t tasks = static_cast<int64_t>(order.size()) * heads;
    std::atomic<int64_t> next{0};
    at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), tasks), 1, [&](int64_t, int64_t) {
      for (int64_t i; (i = next.fetch_add(1)) < tasks;) task(order[i / heads], i % heads);
    });
  }
};

Rows rows_at(const Tensor &matrix, int64_t row, int64_t column) {
  auto *data = static_cast<char *>(matrix.data_ptr());
  return {data + (row * matrix.stride(0) + column) * matrix.element_size(), matrix.stride(0)};
}

// What attention's tensors hold, one way or the other: queries, keys and values beside each other in one matrix, or the first token's
// query of each sequence in a matrix of its own.
struct Attended {
  Tensor query, query_bias, key_value, bias, cosine, sine, out, log_sum;
  Sequences sequences;
  int64_t heads, head;

  bool first_only() const { return query.defined(); }

  titer::Attention task(int64_t sequence, int64_t of_head) const {
    const int64_t start = sequences.starts[sequence], length = sequences.lengths[sequence], column = of_head * head, hidden = heads * head;
    const int64_t row = first_only() ? sequence : start, key = first_only() ? 0 : hidden;
    titer::Attention at;
    at.type = type_of(key_value);
    at.queries = first_only() ? 1 : length;
    at.keys = length;
    at.query = rows_at(first_only() ? query : key_value, row, column);
    at.key = rows_at(key_value, start, key + column);
    at.value = rows_at(key_value, start, key + hidden + column);
    const float *biases = bias.const_data_ptr<float>();
    at.query_bias = (first_only() ? query_bias.const_data_ptr<float>() : biases) + column;
    at.key_bias = biases + key + column;
    at.value_bias = biases + key + hidden + column;
    at.cosine = cosine.const_data_ptr<float>();
    at.sine = sine.const_data_ptr<float>();
    at.scale = 1.0f / std::sqrt(static_cast<float>(head));
    at.out = rows_at(out, row, column);
    at.log_sum = log_sum.data_ptr<float>() + of_head * log_sum.size(1) + row;
    at.scratch = scratch(titer::best().attention_scratch(head, at.queries, at.keys, false));
    return at;
  }
};

struct Attention : torch::autograd::Function<Attention> {
  // first: nothing, or the queries of first tokens, [sequences, hidden]; key_value: [tokens, 3 hidden] with the queries, or [tokens, 2
  // hidden] without. Each with the bias that is still to be added to its rows.
  static Tensor forward(AutogradContext *context, const std::optional<Tensor> &first, const std::optional<Tensor> &first_bias,
                        const Tensor &key_value, const Tensor &bias, const Tensor &cosine, const Tensor &sine,
                        const std::vector<int64_t> &lengths, int64_t heads) {
    RECORD_FUNCTION("titer::attention", {});
    const int64_t hidden = key_value.size(1) / (first ? 2 : 3), rows = first ? first->size(0) : key_value.size(0);
    Attended at{first.value_or(Tensor()), first_bias.value_or(Tensor()), key_value, bias, cosine, sine, {}, {}, Sequences(lengths), heads,
                hidden / heads};
    at.out = at::empty({rows, hidden}, key_value.options());
    at.log_sum = at::empty({heads, rows}, key_value.options().dtype(at::kFloat));
    // Beyond the last sequence nothing attends.
    if (!first) at.out.narrow(0, at.sequences.tokens(), rows - at.sequences.tokens()).zero_();
    at.sequences.each(heads, [&](int64_t sequence, int64_t head) { titer::best().attention(at.task(sequence, head), at.head); });
    context->save_for_backward({at.query, at.query_bias, key_value, bias, cosine, sine, at.out, at.log_sum});
    context->saved_data["lengths"] = lengths;
    context->saved_data["heads"] = heads;
    return at.out;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    RECORD_FUNCTION("titer::attention_backward", {});
    auto saved = context->get_saved_variables();
    const int64_t heads = context->saved_data["heads"].toInt();
    Attended at{saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6], saved[7],
                Sequences(context->saved_data["lengths"].toIntVector()), heads, saved[6].size(1) / heads};
    const Tensor d_out = gradients[0].contiguous();
    const Tensor d_query = at.first_only() ? at::empty_like(at.query) : Tensor();
    const Tensor d_key_value = at::empty_like(at.key_value);
    const int64_t tokens = at.sequences.tokens(), sequences = static_cast<int64_t>(at.sequences.lengths.size()), hidden = heads * at.head;
    d_key_value.narrow(0, tokens, d_key_value.size(0) - tokens).zero_();
    // A row a sequence: queries, keys, values.
    const Tensor d_bias = at::zeros({sequences, 3 * hidden}, at.bias.options());
    at.sequences.each(heads, [&](int64_t sequence, int64_t head) {
      titer::AttentionGradient back;
      back.forward = at.task(sequence, head);
      back.forward.scratch = scratch(titer::best().attention_scratch(at.head, back.forward.queries, back.forward.keys, true));
      const int64_t start = at.sequences.starts[sequence], column = head * at.head;
      const int64_t row = at.first_only() ? sequence : start, key = at.first_only() ? 0 : hidden;
      back.d_out = rows_at(d_out, row, column);
      back.d_query = rows_at(at.first_only() ? d_query : d_key_value, row, column);
      back.d_key = rows_at(d_key_value, start, key + column);
      back.d_value = rows_at(d_key_value, start, key + hidden + column);
      back.d_query_bias = d_bias.data_ptr<float>() + sequence * 3 * hidden + column;
      back.d_key_bias = back.d_query_bias + hidden;
      back.d_value_bias = back.d_key_bias + hidden;
      titer::best().attention_gradient(back, at.head);
    });
    const Tensor all = d_bias.sum(0);
    const Tensor d_query_bias = at.first_only() ? all.narrow(0, 0, hidden) : Tensor();
    const Tensor d_rest = at.first_only() ? all.narrow(0, hidden, 2 * hidden) : all;
    return {d_query, d_query_bias, d_key_value, d_rest, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// A block of rows has its own sums, so that they are the same however many threads there are.
constexpr int64_t kRowsAtOnce = 128;

// Calls `block(number, begin, end)` for the blocks of so many rows, on all threads.
template <typename Block>
void each_block(int64_t rows, Block &&block) {
  at::parallel_for(0, (rows + kRowsAtOnce - 1) / kRowsAtOnce, 1, [&](int64_t begin, int64_t end) {
    for (int64_t number = begin; number < end; number++) {
      block(number, number * kRowsAtOnce, std::min(rows, (number + 1) * kRowsAtOnce));
    }
  });
}

struct Norm : torch::autograd::Function<Norm> {
  // x: fp32 [rows, width]; added: nothing, or [rows, width] in `kind` and its bias, fp32 [width]. Returns the normalised sum in `kind`, and the sum where there is a branch.
  static variable_list forward(AutogradContext *context, const Tensor &x, const std::optional<Tensor> &added,
                               const std::optional<Tensor> &added_bias, const Tensor &weight, const Tensor &bias, double epsilon,
                               at::ScalarType kind) {
    RECORD_FUNCTION("titer::norm", {});
    const Tensor branch = added.value_or(Tensor());
    const int64_t rows = x.size(0), width = x.size(1);
    const Tensor sum = branch.defined() ? at::empty_like(x) : x;
    const Tensor normalised = at::empty({rows, width}, x.options().dtype(kind));
    const Tensor mean = at::empty({rows}, x.options()), inverse = at::empty({rows}, x.options());
    titer::Norm norm;
    norm.type = type_of(normalised);
    norm.width = width;
    norm.x = x.const_data_ptr<float>();
    norm.branch = branch.defined() ? branch.const_data_ptr() : nullptr;
    norm.branch_bias = added_bias ? added_bias->const_data_ptr<float>() : nullptr;
    norm.sum = branch.defined() ? sum.data_ptr<float>() : nullptr;
    norm.weight = weight.const_data_ptr<float>();
    norm.bias = bias.const_data_ptr<float>();
    norm.epsilon = static_cast<float>(epsilon);
    norm.normalised = normalised.data_ptr();
    norm.mean = mean.data_ptr<float>();
    norm.inverse_deviation = inverse.data_ptr<float>();
    at::parallel_for(0, rows, 32, [&](int64_t begin, int64_t end) { titer::best().norm(norm, begin, end); });
    context->save_for_backward({sum, weight, mean, inverse});
    context->saved_data["kind"] = static_cast<int64_t>(kind);
    context->saved_data["branch"] = branch.defined();
    context->set_materialize_grads(false);
    if (!branch.defined()) return {normalised};
    return {normalised, sum};
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    RECORD_FUNCTION("titer::norm_backward", {});
    auto saved = context->get_saved_variables();
    const auto kind = static_cast<at::ScalarType>(context->saved_data["kind"].toInt());
    const bool branched = context->saved_data["branch"].toBool();
    const Tensor &sum = saved[0];
    const int64_t rows = sum.size(0), width = sum.size(1), blocks = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
    const Tensor d_normalised = gradients[0].defined() ? gradients[0].contiguous() : at::zeros({rows, width}, sum.options().dtype(kind));
    const Tensor d_sum = gradients.size() > 1 && gradients[1].defined() ? gradients[1].contiguous() : Tensor();
    const Tensor d_x = at::empty_like(sum);
    const Tensor d_branch = !branched ? Tensor() : kind == at::kFloat ? d_x : at::empty_like(d_normalised);
    const Tensor d_affine = at::zeros({blocks, 3, width}, sum.options());
    titer::NormGradient back;
    back.type = type_of(d_normalised);
    back.width = width;
    back.sum = sum.const_data_ptr<float>();
    back.weight = saved[1].const_data_ptr<float>();
    back.mean = saved[2].const_data_ptr<float>();
    back.inverse_deviation = saved[3].const_data_ptr<float>();
    back.d_normalised = d_normalised.const_data_ptr();
    back.d_sum = d_sum.defined() ? d_sum.const_data_ptr<float>() : nullptr;
    back.d_x = d_x.data_ptr<float>();
    back.d_branch = d_branch.defined() && !d_branch.is_same(d_x) ? d_branch.data_ptr() : nullptr;
    each_block(rows, [&](int64_t block, int64_t begin, int64_t end) {
      titer::NormGradient own = back;
      own.d_weight = d_affine.data_ptr<float>() + block * 3 * width;
      own.d_bias = own.d_weight + width;
      own.d_branch_bias = own.d_bias + width;
      titer::best().norm_gradient(own, begin, end);
    });
    const Tensor affine = d_affine.sum(0);
    return {d_x, d_branch, branched ? affine[2] : Tensor(), affine[0], affine[1], Tensor(), Tensor()};
  }
};

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &bias) {
    RECORD_FUNCTION("titer::gelu", {});
    const Tensor out = at::empty_like(x);
    const titer::Gelu gelu{type_of(x), x.size(1), x.const_data_ptr(), bias.const_data_ptr<float>(), out.data_ptr()};
    at::parallel_for(0, x.size(0), 16, [&](int64_t begin, int64_t end) { titer::best().gelu(gelu, begin, end); });
    context->save_for_backward({x, bias});
    return out;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    RECORD_FUNCTION("titer::gelu_backward", {});
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], d_out = gradients[0].contiguous(), d_x = at::empty_like(x);
    const int64_t rows = x.size(0), width = x.size(1);
    const Tensor d_bias = at::zeros({(rows + kRowsAtOnce - 1) / kRowsAtOnce, width}, saved[1].options());
    each_block(rows, [&](int64_t block, int64_t begin, int64_t end) {
      titer::GeluGradient back;
      back.forward = {type_of(x), width, x.const_data_ptr(), saved[1].const_data_ptr<float>(), nullptr};
      back.d_out = d_out.const_data_ptr();
      back.d_x = d_x.data_ptr();
      back.d_bias = d_bias.data_ptr<float>() + block * width;
      titer::best().gelu_gradient(back, begin, end);
    });
    return {d_x, d_bias.sum(0)};
  }
};

std::optional<Tensor> optional(const Tensor *tensor) { return tensor ? std::optional(tensor->contiguous()) : std::nullopt; }

}  // namespace

extern "C" {

// The instruction set whose kernels compute here.
const char *titer_kernels() { return titer::best().name; }

// The set that a processor would be given: cpuid 1 ecx, 7 ebx, 7 edx, 7.1 eax, 0x80000001 ecx; and xgetbv 0.
const char *titer_kernels_of(const uint32_t *registers, uint64_t enabled) {
  return titer::best_of({registers[0], registers[1], registers[2], registers[3], registers[4], enabled}).name;
}

bool titer_attends(int64_t head) { return titer::best().attends(head); }

// Rotary self-attention of packed sequences. With `query` null, key_value is [tokens, 3 · hidden]: queries, keys, values; else it is
// [tokens, 2 · hidden], and query [sequences, hidden] holds each first token's. Biases: fp32, a number a column. cosine, sine: fp32
// [positions, head / 2].
char *titer_attention(const Tensor *query, const Tensor *query_bias, const Tensor *key_value, const Tensor *bias, const Tensor *cosine,
                      const Tensor *sine, const int64_t *lengths, size_t sequences, int64_t heads, Tensor **out) {
  return guarded([&] {
    const Tensor &last = *key_value, &table = *cosine;
    const int64_t hidden = last.size(1) / (query ? 2 : 3), tokens = std::accumulate(lengths, lengths + sequences, int64_t{0});
    const int64_t longest = sequences ? *std::max_element(lengths, lengths + sequences) : 0;
    TORCH_CHECK(hidden % heads == 0 && titer::best().attends(hidden / heads), "no kernel for ", heads, " heads of ", hidden);
    TORCH_CHECK(tokens <= last.size(0) && (!query || query->size(0) == static_cast<int64_t>(sequences)), "rows for all sequences");
    TORCH_CHECK(bias->numel() == last.size(1) && (!query || query_bias->numel() == hidden), "a bias for each column");
    TORCH_CHECK(table.size(0) >= longest && 2 * table.size(1) * heads == hidden && sine->sizes() == table.sizes(), "angles for all positions");
    TORCH_CHECK(!query || query->scalar_type() == last.scalar_type(), "queries of the type of keys and values");
    *out = new Tensor(Attention::apply(optional(query), optional(query_bias), key_value->contiguous(), bias->contiguous(), *cosine, *sine,
                                       std::vector<int64_t>(lengths, lengths + sequences), heads));
  });
}

// Layer normalisation of `x + branch + branch_bias`, or of `x` where branch is null; the sum goes to `sum`, which is then left alone.
// `half`: the result and the branch are bf16.
char *titer_norm(const Tensor *x, const Tensor *branch, const Tensor *branch_bias, const Tensor *weight, const Tensor *bias,
                 double epsilon, bool half, Tensor **normalised, Tensor **sum) {
  return guarded([&] {
    TORCH_CHECK(x->scalar_type() == at::kFloat && weight->numel() == x->size(1) && bias->numel() == x->size(1), "fp32, and a weight a column");
    TORCH_CHECK(!branch || (branch->sizes() == x->sizes() && branch_bias->numel() == x->size(1) &&
                            branch->scalar_type() == (half ? at::kBFloat16 : at::kFloat)),
                "a branch of the shape of x and the type of the result");
    auto results = Norm::apply(x->contiguous(), optional(branch), optional(branch_bias), *weight, *bias, epsilon,
                               half ? at::kBFloat16 : at::kFloat);
    *normalised = new Tensor(results[0]);
    if (branch) *sum = new Tensor(results[1]);
  });
}

// gelu(x + bias) of x [rows, width], fp32 or bf16; bias fp32 [width].
char *titer_gelu(const Tensor *x, const Tensor *bias, Tensor **out) {
  return guarded([&] {
    TORCH_CHECK(x->dim() == 2 && bias->numel() == x->size(1), "a bias for each column");
    *out = new Tensor(Gelu::apply(x->contiguous(), bias->contiguous()));
  });
}

}  // extern "C"
