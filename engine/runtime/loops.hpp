// The event loops: single-threaded io_contexts, each on a thread of its own. An execution lives on one of them by its
// id, so nothing in the core needs a lock.
//
// Life cycle: construct, start(), stop(); the destructor joins. Thread rule: any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace skald {
struct ExecutionId;
}

namespace skald::runtime {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context();
  // Runs `work` on the loop, later.
  void post(std::move_only_function<void()> work);
  bool is_current() const;

 private:
  friend class Loops;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Loops {
 public:
  explicit Loops(std::size_t count = 1);
  ~Loops();

  void start();
  void stop();

  std::size_t size() const;
  Loop& at(std::size_t index);
  Loop& of(const ExecutionId& id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::runtime
