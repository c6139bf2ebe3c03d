// Threads for work that blocks (SQL reads, file reads, name look-ups), so that no loop ever does.
//
// Work that throws ends the process: it reports failure by its value (Result<T>).
// Life cycle: outlives everything that uses it; the destructor finishes what was handed in. Thread rule: any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace skald::async {

class Offload {
 public:
  explicit Offload(std::size_t threads);
  ~Offload();
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;

  // Calls work() on one of the threads, then then(result) on `back` (then() where work returns nothing). The loop of
  // `back` counts it as outstanding work until `then` has been called.
  template <class Work, class Then>
  void run(boost::asio::any_io_executor back, Work work, Then then) {
    auto guarded = boost::asio::prefer(std::move(back), boost::asio::execution::outstanding_work.tracked);
    enqueue([guarded = std::move(guarded), work = std::move(work), then = std::move(then)]() mutable noexcept {
      if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
        work();
        boost::asio::post(guarded, std::move(then));
      } else {
        boost::asio::post(guarded, [result = work(), then = std::move(then)]() mutable { then(std::move(result)); });
      }
    });
  }

  // Where the threads run, for work that needs no way back to a loop.
  boost::asio::any_io_executor executor();

 private:
  void enqueue(std::move_only_function<void()> job);

  struct Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace skald::async
