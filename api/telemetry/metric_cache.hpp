// Metrics by label values, found without building a label map or taking a lock: a fixed table of immutable entries.
// The first use of a combination registers it under a mutex; when the table is full, further combinations share one
// metric whose label values are all "other", so that names from outside cannot grow memory without end.
//
// Thread rule: any thread. Life cycle: that of its family's registry.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/base/invariant.hpp"

namespace skald::api {

template <class Metric, std::size_t kLabels>
class MetricCache {
 public:
  using Values = std::array<std::string_view, kLabels>;
  // Registers the metric of these label values.
  using Make = std::function<Metric&(const std::array<std::string, kLabels>&)>;

  static constexpr std::size_t kSlots = 4096;
  static constexpr std::size_t kEntriesMax = kSlots / 2;

  explicit MetricCache(Make make) : make_(std::move(make)) {}
  ~MetricCache() {
    for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
  }
  MetricCache(const MetricCache&) = delete;
  MetricCache& operator=(const MetricCache&) = delete;

  Metric& get(const Values& values) {
    const std::size_t hash = hash_of(values);
    for (std::size_t i = 0; i < kSlots; ++i) {
      const Entry* entry = slots_[(hash + i) % kSlots].load(std::memory_order_acquire);
      if (entry == nullptr) return insert(values, hash);
      if (entry->hash == hash && entry->equals(values)) return *entry->metric;
    }
    return insert(values, hash);
  }

 private:
  struct Entry {
    std::size_t hash = 0;
    std::array<std::string, kLabels> values;
    Metric* metric = nullptr;

    bool equals(const Values& others) const {
      for (std::size_t i = 0; i < kLabels; ++i) {
        if (values[i] != others[i]) return false;
      }
      return true;
    }
  };

  static std::size_t hash_of(const Values& values) {
    std::size_t hash = 0;
    for (const auto value : values) hash = hash * 0x9E3779B97F4A7C15ull + std::hash<std::string_view>()(value);
    return hash;
  }

  Metric& insert(const Values& values, std::size_t hash) {
    const std::lock_guard lock(mutex_);
    if (count_ >= kEntriesMax) return other();
    std::size_t at = hash % kSlots;
    while (const Entry* entry = slots_[at].load(std::memory_order_relaxed)) {
      if (entry->hash == hash && entry->equals(values)) return *entry->metric;
      at = (at + 1) % kSlots;
    }
    auto entry = std::make_unique<Entry>();
    entry->hash = hash;
    for (std::size_t i = 0; i < kLabels; ++i) entry->values[i] = values[i];
    entry->metric = &make_(entry->values);
    ++count_;
    Entry* shared = entry.release();
    slots_[at].store(shared, std::memory_order_release);
    return *shared->metric;
  }

  Metric& other() {
    if (other_ == nullptr) {
      std::array<std::string, kLabels> values;
      values.fill("other");
      other_ = &make_(values);
    }
    return *other_;
  }

  Make make_;
  std::array<std::atomic<Entry*>, kSlots> slots_{};
  std::mutex mutex_;  // of insertion
  std::size_t count_ = 0;
  Metric* other_ = nullptr;
};

}  // namespace skald::api
