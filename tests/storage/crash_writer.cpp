// Writes as fast as it can until it is killed, and says on its output what was acknowledged, a line a verdict:
// "EXECUTION POSITION". The crash test runs it.
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

// Each slot is a pair of executions that grow together: two rows for the first, one for the second.
class Writer final : public AppendSink {
 public:
  explicit Writer(std::uint64_t first) : first_(first) {}

  void appended(std::vector<AppendResult> results) override {
    std::string lines;
    for (const auto& result : results) {
      if (result.verdict != Verdict::kWritten) ::_exit(3);
      const auto id = first_ + result.ticket / kAppendsMax;
      lines += std::to_string(id) + " " + std::to_string(result.ticket % kAppendsMax) + "\n";
    }
    if (::write(STDOUT_FILENO, lines.data(), lines.size()) < 0) ::_exit(4);
    for (const auto& result : results) send(result.ticket + 1);
  }

  // The n-th append of a slot; a slot that is full goes to the next free pair.
  void send(std::uint64_t ticket) {
    if (ticket % kAppendsMax == 0) ticket = ++pairs_ * kAppendsMax;
    const auto pair = first_ + ticket / kAppendsMax;
    const auto n = ticket % kAppendsMax;
    AppendGroup group{.ticket = ticket};
    if (n == 0) {
      group.appends = {start(execution(2 * pair)), start(execution(2 * pair + 1))};
    } else {
      group.appends = {next(execution(2 * pair), 2 * n - 1, 2), next(execution(2 * pair + 1), n, 1)};
    }
    store->append(std::move(group), *this);
  }

  static constexpr std::uint64_t kAppendsMax = 1'000;
  Store* store = nullptr;

 private:
  const std::uint64_t first_;
  std::atomic<std::uint64_t> pairs_ = 0;
};

}  // namespace
}  // namespace skald::storage::test

int main(int argc, char** argv) {
  using namespace skald::storage::test;
  if (argc != 3) return 2;
  TestClock clock;
  skald::ports::SilentTelemetry telemetry;
  skald::ports::SilentLog log;
  const std::string url = std::string("sqlite:") + argv[1];
  auto store = skald::storage::open_store(url, {.clock = clock, .telemetry = telemetry, .log = log});
  if (!store) {
    std::fprintf(stderr, "%s\n", skald::to_text(store.error()).c_str());
    return 1;
  }
  Writer writer(std::stoull(argv[2]));
  writer.store = store->get();
  for (int slot = 0; slot < 16; ++slot) writer.send(0);
  for (;;) ::pause();
}
