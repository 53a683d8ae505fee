#include "net/run_queue.hpp"

#include <span>

namespace composable::host {
namespace {

// With so many sessions waiting to read, the first of them was answered a while ago.
constexpr std::size_t kBusy = 16;

template <typename List, typename Batch>
std::span<typename Batch::value_type> take(List& list, Batch& batch) {
  std::size_t n = 0;
  for (; n < batch.size() && !list.empty(); ++n) {
    batch[n] = &list.front();
    list.pop_front();
  }
  return {batch.data(), n};
}

}  // namespace

void RunQueue::serve_soon(Session& session) {
  to_serve_.push_back(session);
  schedule();
}

void RunQueue::read_soon(Session& session) {
  to_read_.push_back(session);
  schedule();
}

void RunQueue::schedule() {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  asio::post(loop_.context(), [this] { run_turn(); });
}

// Sessions that wait to be served come first. That ends with the requests that were received: no
// session receives more without reading.
void RunQueue::run_turn() {
  is_scheduled_ = false;
  if (to_serve_.empty()) {
    read_batch();
  } else {
    serve_batch();
  }
  if (!to_serve_.empty() || !to_read_.empty()) schedule();
}

void RunQueue::serve_batch() {
  Batch batch;
  const auto sessions = take(to_serve_, batch);
  for (Session* session : sessions) session->serve();
  for (Session* session : sessions) session->send();
}

void RunQueue::read_batch() {
  Batch batch;
  const auto sessions = take(to_read_, batch);
  const ReadMode mode = sessions.size() >= kBusy ? ReadMode::kNow : ReadMode::kWhenReady;
  for (Session* session : sessions) session->read(mode);
}

}  // namespace composable::host
