// CUDA graphs: what a stretch of work launches is recorded once, and launched again as one.
//
// A library of its own, for it is linked against libtorch_cuda, which a worker opens only on a machine with a GPU. The worker carries it
// inside and finds everything through `titer_graphs` (graph.rs).

#include <memory>
#include <optional>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/Event.h>
#include <c10/cuda/CUDAGuard.h>

#include "../guarded.h"

using titer::guarded;

namespace {

// Graphs of one owner share the memory of what they compute on the way: they are never replayed at the same time.
struct Owner {
  c10::cuda::CUDAStream stream;
  at::cuda::MempoolId_t pool;
};

struct Graph {
  at::cuda::CUDAGraph graph;
  // The stream that was current before; while recording alone.
  std::optional<c10::cuda::CUDAStream> outside;

  void leave() {
    if (outside) c10::cuda::setCurrentCUDAStream(*outside);
    outside.reset();
  }
};

char *open(int device, Owner **out) {
  return guarded([&] {
    auto index = static_cast<c10::DeviceIndex>(device);
    *out = new Owner{c10::cuda::getStreamFromPool(/*isHighPriority=*/false, index), at::cuda::graph_pool_handle()};
  });
}

void close(Owner *owner) { delete owner; }

// From here on this thread's work is recorded and not done, until `end`. Its backward pass, on a thread of libtorch's, is recorded too,
// for it goes to the stream of its forward pass. Other threads go on as they like.
char *begin(const Owner *owner, Graph **out) {
  return guarded([&] {
    c10::cuda::CUDAGuard device(owner->stream.device_index());
    auto graph = std::make_unique<Graph>();
    auto outside = c10::cuda::getCurrentCUDAStream(owner->stream.device_index());
    // What the recording reads, and the memory it reuses, belong to work that comes before it.
    c10::Event before(c10::DeviceType::CUDA);
    before.record(outside);
    before.block(owner->stream);
    graph->outside = outside;
    c10::cuda::setCurrentCUDAStream(owner->stream);
    try {
      graph->graph.capture_begin(owner->pool, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      graph->leave();
      throw;
    }
    *out = graph.release();
  });
}

// Whatever came of the recording, work is done again from here on.
char *end(Graph *graph) {
  return guarded([&] {
    c10::cuda::CUDAGuard device(graph->outside->device_index());
    try {
      graph->graph.capture_end();
    } catch (...) {
      graph->leave();
      throw;
    }
    graph->leave();
  });
}

// Launches what was recorded, on the current stream; does not wait for it.
char *replay(Graph *graph) {
  return guarded([&] { graph->graph.replay(); });
}

// A destructor that throws would end the process.
void drop(Graph *graph) {
  free(guarded([&] { graph->graph.reset(); }));
  delete graph;
}

}  // namespace

extern "C" {

struct TiterGraphs {
  char *(*open)(int, Owner **);
  void (*close)(Owner *);
  char *(*begin)(const Owner *, Graph **);
  char *(*end)(Graph *);
  char *(*replay)(Graph *);
  void (*drop)(Graph *);
};

extern const TiterGraphs titer_graphs;
const TiterGraphs titer_graphs = {open, close, begin, end, replay, drop};
}
