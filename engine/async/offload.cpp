#include "engine/async/offload.hpp"

#include <boost/asio/thread_pool.hpp>

namespace skald::async {

struct Offload::Threads {
  explicit Threads(std::size_t count) : pool(count) {}
  boost::asio::thread_pool pool;
};

Offload::Offload(std::size_t threads) : threads_(std::make_unique<Threads>(threads)) {}

Offload::~Offload() {
  threads_->pool.join();
}

boost::asio::any_io_executor Offload::executor() {
  return threads_->pool.get_executor();
}

void Offload::enqueue(std::move_only_function<void()> job) {
  boost::asio::post(threads_->pool, std::move(job));
}

}  // namespace skald::async
