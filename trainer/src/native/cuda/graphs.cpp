// CUDA graphs: what a stretch of work launches is recorded once, and launched again as one.
//
// A library of its own, for it is linked against libtorch_cuda, which a worker opens only on a
// machine with a GPU. The worker carries it inside and finds everything through `titer_graphs`
// (graph.rs, native.h).

#include <memory>
#include <mutex>
#include <optional>

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/Event.h>
#include <c10/cuda/CUDAGuard.h>

#include "../guarded.h"
#include "../native.h"

using titer::guarded;

// A recording registers with libtorch's generator, which belongs to the process and takes no care
// of threads.
static std::mutex one_at_a_time;

// Graphs of one recorder share the memory of what they compute on the way: they are never replayed
// at the same time, and nothing that one leaves there is read once another is replayed. So it need
// only suffice for the largest, if that is recorded first. The stream is nobody else's: libtorch
// hands out the same thirty-two again and again, and what another thread launches on a stream that
// is being recorded would be recorded too. A pool that has lost its last graph cannot be used
// again.
struct TiterRecorder {
  cudaStream_t raw;
  c10::cuda::CUDAStream stream;
  at::cuda::MempoolId_t pool;
};

struct TiterGraph {
  at::cuda::CUDAGraph graph;
  at::cuda::MempoolId_t pool;
  // While recording alone: the stream that was current before, and the turn.
  std::optional<c10::cuda::CUDAStream> outside;
  std::unique_lock<std::mutex> turn;

  void leave() {
    c10::cuda::setCurrentCUDAStream(*outside);
    turn.unlock();
  }

  // libtorch leaves its allocators as they are where a recording breaks off: they would free
  // nothing any more.
  void abandon() {
    auto device = outside->device_index();
    free(guarded([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool); }));
    free(guarded([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool); }));
    free(guarded([&] { c10::cuda::CUDACachingAllocator::releasePool(device, pool); }));
    free(guarded([&] { at::getHostAllocator(at::kCUDA)->release_pool(pool); }));
    leave();
  }
};

static char *open(int device, TiterRecorder **out) {
  return guarded([&] {
    auto index = static_cast<c10::DeviceIndex>(device);
    c10::cuda::CUDAGuard guard(index);
    cudaStream_t raw = nullptr;
    C10_CUDA_CHECK(cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking));
    *out = new TiterRecorder{raw, c10::cuda::getStreamFromExternal(raw, index), at::cuda::graph_pool_handle()};
  });
}

// The stream stays: libtorch keeps workspaces by stream, and a new one might get the number of this
// one.
static void close(TiterRecorder *recorder) { delete recorder; }

// Gives back what libtorch has put by: the memory of a pass computed before, which a recording
// cannot use and cannot free.
static char *tidy(const TiterRecorder *recorder) {
  return guarded([&] {
    // While a recording goes on nothing is given back.
    std::unique_lock turn(one_at_a_time);
    c10::cuda::CUDAGuard device(recorder->stream.device_index());
    c10::cuda::CUDACachingAllocator::emptyCache();
  });
}

// From here on this thread's work is recorded and not done, until `end`. Its backward pass, on a
// thread of libtorch's, is recorded too, for it goes to the stream of its forward pass. Other
// threads go on, but that a full GPU is not tidied up for them meanwhile.
static char *begin(const TiterRecorder *recorder, TiterGraph **out) {
  return guarded([&] {
    c10::cuda::CUDAGuard device(recorder->stream.device_index());
    auto graph = std::make_unique<TiterGraph>();
    graph->pool = recorder->pool;
    auto outside = c10::cuda::getCurrentCUDAStream(recorder->stream.device_index());
    {
      // What the recording reads, and the memory it reuses, belong to work that comes before it.
      c10::Event before(c10::DeviceType::CUDA);
      before.record(outside);
      before.block(recorder->stream);
    }
    graph->turn = std::unique_lock(one_at_a_time);
    graph->outside = outside;
    c10::cuda::setCurrentCUDAStream(recorder->stream);
    try {
      graph->graph.capture_begin(recorder->pool, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      graph->abandon();
      throw;
    }
    *out = graph.release();
  });
}

// Whatever came of the recording, work is done again from here on.
static char *end(TiterGraph *graph) {
  return guarded([&] {
    c10::cuda::CUDAGuard device(graph->outside->device_index());
    try {
      graph->graph.capture_end();
    } catch (...) {
      graph->abandon();
      throw;
    }
    graph->leave();
  });
}

// Launches what was recorded, on the current stream; does not wait for it.
static char *replay(TiterGraph *graph) {
  return guarded([&] { graph->graph.replay(); });
}

// A graph that cannot be let go of stays: its destructor would try again, and end the process.
static void drop(TiterGraph *graph) {
  std::unique_lock turn(one_at_a_time);
  char *failed = guarded([&] { graph->graph.reset(); });
  if (!failed) delete graph;
  free(failed);
}

extern "C" {

extern const TiterGraphs titer_graphs;
const TiterGraphs titer_graphs = {open, close, tidy, begin, end, replay, drop};
}
