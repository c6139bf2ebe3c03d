// Families of metrics: each with its labels and their cache, and listed so that those without values can be named.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/telemetry/metric_cache.hpp"

namespace skald::api {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

// Every family of the registry, in order, so that a scrape can name those that have no values.
struct Described {
  std::string name;
  std::string help;
  std::string_view type;
};

// A family with labels and its cache.
template <class Metric, std::size_t kLabels>
class Labelled {
 public:
  template <class Builder, class... Arguments>
  Labelled(prometheus::Registry& registry, std::vector<Described>& described, std::string_view type, Builder builder,
           const char* name, const char* help, std::array<const char*, kLabels> labels, Arguments... arguments)
      : family_(builder.Name(name).Help(help).Register(registry)),
        cache_([this, labels, arguments...](const std::array<std::string, kLabels>& values) -> Metric& {
          prometheus::Labels map;
          for (std::size_t i = 0; i < kLabels; ++i) map.emplace(labels[i], values[i]);
          return family_.Add(map, arguments...);
        }) {
    described.push_back({name, help, type});
  }

  template <class... Values>
  Metric& of(Values... values) {
    return cache_.get({values...});
  }

 private:
  prometheus::Family<Metric>& family_;
  MetricCache<Metric, kLabels> cache_;
};

template <std::size_t kLabels>
struct CounterOf : Labelled<Counter, kLabels> {
  CounterOf(prometheus::Registry& registry, std::vector<Described>& described, const char* name, const char* help,
            std::array<const char*, kLabels> labels)
      : Labelled<Counter, kLabels>(registry, described, "counter", prometheus::BuildCounter(), name, help, labels) {}
};

template <std::size_t kLabels>
struct GaugeOf : Labelled<Gauge, kLabels> {
  GaugeOf(prometheus::Registry& registry, std::vector<Described>& described, const char* name, const char* help,
          std::array<const char*, kLabels> labels)
      : Labelled<Gauge, kLabels>(registry, described, "gauge", prometheus::BuildGauge(), name, help, labels) {}
};

template <std::size_t kLabels>
struct HistogramOf : Labelled<Histogram, kLabels> {
  HistogramOf(prometheus::Registry& registry, std::vector<Described>& described, const char* name, const char* help,
              std::array<const char*, kLabels> labels, const Buckets& buckets)
      : Labelled<Histogram, kLabels>(registry, described, "histogram", prometheus::BuildHistogram(), name, help, labels,
                                     buckets) {}
};

}  // namespace skald::api
