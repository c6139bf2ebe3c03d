#include "adapters/in_hand_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/interprocess/file_mapping.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace skald::adapters {
namespace {

namespace ipc = boost::interprocess;

constexpr std::size_t kSlots = 128;     // threads
constexpr std::size_t kSuspects = 256;  // remembered; the oldest gives way
constexpr std::uint32_t kDeathsMax = 3;
constexpr std::int64_t kRememberedMillis = 3'600'000;

constexpr const char* kRemedy =
    "make its folder writable, or go without: what makes the process die is then not found out";

struct Slot {
  std::atomic<bool> is_taken;
  ExecutionId id;
};

struct Suspect {
  ExecutionId id;
  std::uint32_t deaths;
  std::int64_t last_death;  // milliseconds since 1970
};

std::size_t slot_of_this_thread() {
  static std::atomic<std::size_t> given{0};
  thread_local const std::size_t slot = given.fetch_add(1, std::memory_order_relaxed);
  return slot;
}

}  // namespace

struct InHandFile::Content {
  std::array<char, 32> version;
  std::array<Slot, kSlots> slots;
  std::array<Suspect, kSuspects> suspects;
};

Result<std::unique_ptr<InHandFile>> InHandFile::open(const std::string& path, std::string_view version,
                                                     ports::Clock& clock) {
  try {
    if (!std::filesystem::exists(path) || std::filesystem::file_size(path) != sizeof(Content)) {
      // Written, so that the disk has room for what is mapped.
      std::ofstream file(path, std::ios::binary | std::ios::trunc);
      file << std::string(sizeof(Content), '\0') << std::flush;
      if (!file) return failure("inhand.unavailable", "the file cannot be written", path, kRemedy);
    }
    const ipc::file_mapping file(path.c_str(), ipc::read_write);
    auto opened = std::unique_ptr<InHandFile>(
        new InHandFile(ipc::mapped_region(file, ipc::read_write, 0, sizeof(Content)), clock));
    opened->count_deaths(version);
    return opened;
  } catch (const std::exception& error) {
    return failure("inhand.unavailable", "the file cannot be used", path, kRemedy, error.what());
  }
}

InHandFile::InHandFile(ipc::mapped_region region, ports::Clock& clock) : region_(std::move(region)), clock_(clock) {}

InHandFile::Content& InHandFile::content() const {
  return *static_cast<Content*>(region_.get_address());
}

void InHandFile::count_deaths(std::string_view version) {
  Content& known = content();
  std::array<char, 32> ours{};
  version.copy(ours.data(), ours.size() - 1);
  if (known.version != ours) {
    std::memset(region_.get_address(), 0, sizeof(Content));
    known.version = ours;
  }
  const std::int64_t now = to_millis(clock_.now());
  for (auto& suspect : known.suspects) {
    if (now - suspect.last_death >= kRememberedMillis) suspect = {};
  }
  std::set<ExecutionId> died_with;  // several threads may have had one
  for (auto& slot : known.slots) {
    if (slot.is_taken.exchange(false)) died_with.insert(slot.id);
  }
  for (const auto& id : died_with) {
    auto it = std::ranges::find(known.suspects, id, &Suspect::id);
    if (it == known.suspects.end()) it = std::ranges::min_element(known.suspects, {}, &Suspect::last_death);
    if (it->id != id) *it = {.id = id, .deaths = 0, .last_death = 0};
    ++it->deaths;
    it->last_death = now;
  }
  any_suspected_ =
      std::ranges::any_of(known.suspects, [](const Suspect& suspect) { return suspect.deaths >= kDeathsMax; });
}

void InHandFile::take(const ExecutionId& id) noexcept {
  const auto own = slot_of_this_thread();
  if (own >= kSlots) return;
  Slot& slot = content().slots[own];
  slot.id = id;
  slot.is_taken.store(true, std::memory_order_release);
}

void InHandFile::put_down() noexcept {
  const auto own = slot_of_this_thread();
  if (own < kSlots) content().slots[own].is_taken.store(false, std::memory_order_release);
}

bool InHandFile::is_suspected(const ExecutionId& id) const noexcept {
  if (!any_suspected_) return false;
  const auto& suspects = content().suspects;
  const auto it = std::ranges::find(suspects, id, &Suspect::id);
  return it != suspects.end() && it->deaths >= kDeathsMax &&
         to_millis(clock_.now()) - it->last_death < kRememberedMillis;
}

}  // namespace skald::adapters
