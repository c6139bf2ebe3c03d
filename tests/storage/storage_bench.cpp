// What an append costs: executions of four appends (two rows each), so and so many in flight.
//
//   storage_bench FOLDER [SECONDS]
//
// Prints appends a second and the CPU of the writer's thread an append. Not run by ctest.
#include <fmt/format.h>
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

constexpr std::uint64_t kAppendsEach = 4;
const std::string kData =
    R"({"output":{"paymentId":"pay_0192f0c1-2b3c-7def","status":"authorised","amount":4250,"currency":"EUR"},)"
    R"("arguments":{"method":"POST","endpoint":"http://127.0.0.1:9001/payments","body":{"orderId":"o-1"}}})";

double thread_cpu_us() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

class CountingTelemetry final : public SilentTelemetry {
 public:
  void commit(std::chrono::nanoseconds, std::uint64_t) override { ++commits; }
  std::atomic<std::uint64_t> commits = 0;
};

// Hands verdicts from the writer's thread to the driving one, as a host does.
class Mailbox final : public AppendSink {
 public:
  void appended(std::vector<AppendResult> results) override {
    const double cpu = thread_cpu_us();
    if (first_cpu_ == 0) first_cpu_ = cpu;
    last_cpu_ = cpu;
    {
      const std::lock_guard lock(mutex_);
      for (auto& result : results) results_.push_back(std::move(result));
    }
    arrived_.notify_one();
  }
  std::vector<AppendResult> take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return !results_.empty(); });
    return std::exchange(results_, {});
  }
  double writer_cpu_us() const { return last_cpu_ - first_cpu_; }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<AppendResult> results_;
  double first_cpu_ = 0;
  double last_cpu_ = 0;
};

struct Running {
  ExecutionId id;
  std::uint64_t done = 0;  // appends
};

class Load {
 public:
  Load(Store& store, std::size_t in_flight) : store_(store), running_(in_flight) {}

  std::uint64_t run(double seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (std::size_t i = 0; i < running_.size(); ++i) send(i);
    std::size_t open = running_.size();
    std::uint64_t appends = 0;
    while (open > 0) {
      const bool more = std::chrono::steady_clock::now() < until;
      for (const auto& result : mailbox_.take()) {
        if (result.verdict != Verdict::kWritten) std::abort();
        ++appends;
        if (more) {
          send(result.ticket);
        } else {
          --open;
        }
      }
    }
    return appends;
  }
  double writer_cpu_us() const { return mailbox_.writer_cpu_us(); }

 private:
  void send(std::size_t slot) {
    auto& running = running_[slot];
    if (running.done == 0) {
      const auto n = ++started_;
      running.id = make_execution_id(kBegin + Millis(n / 10), n * 0x9E3779B97F4A7C15ull, n * 0xD1B54A32D192ED03ull);
    }
    auto append = next(running.id, running.done * 2, 2, test::running("PAYMENT_COMPLETED"));
    for (auto& row : append.rows) row.data = kData;
    if (running.done == 0) {
      append.create = start(running.id, "order-" + std::to_string(started_)).create;
      append.summary->status = "CREATED";
    }
    if (++running.done == kAppendsEach) {
      append.summary = ended();
      running.done = 0;
    }
    AppendGroup group{.ticket = slot};
    group.appends.push_back(std::move(append));
    store_.append(std::move(group), mailbox_);
  }

  Store& store_;
  Mailbox mailbox_;
  std::vector<Running> running_;
  std::uint64_t started_ = 0;
};

void measure(const std::string& folder, std::size_t in_flight, double seconds) {
  const std::string path = folder + "/bench.db";
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  TestClock clock;
  CountingTelemetry telemetry;
  SilentLog log;
  const auto store = open_store("sqlite:" + path, {.clock = clock, .telemetry = telemetry, .log = log}).value();
  Load load(*store, in_flight);
  const auto began = std::chrono::steady_clock::now();
  const auto appends = static_cast<double>(load.run(seconds));
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto commits = static_cast<double>(telemetry.commits.load());
  fmt::print("{:4} in flight: {:8.0f} appends/s, {:6.0f} commits/s of {:5.1f}, writer {:5.1f} us CPU an append\n",
             in_flight, appends / took, commits / took, appends / commits, load.writer_cpu_us() / appends);
}

}  // namespace
}  // namespace skald::storage::test

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: storage_bench FOLDER [SECONDS]\n");
    return 2;
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  for (const std::size_t in_flight : {1, 16, 64, 256}) skald::storage::test::measure(argv[1], in_flight, seconds);
  return 0;
}
