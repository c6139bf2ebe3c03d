#include "engine/runtime/definition_watch.hpp"

#include <chrono>

namespace skald::runtime {
namespace {

constexpr std::chrono::seconds kWatchInterval{30};

}  // namespace

DefinitionWatch::DefinitionWatch(ports::DefinitionStore& store, Definitions& definitions)
    // A store that does not answer is asked again: nothing is lost by waiting.
    : store_(store), thread_(kWatchInterval, [&definitions] { static_cast<void>(definitions.load_stored()); }) {
  store_.notify_definitions([this] { thread_.wake(); });
  thread_.wake();
}

DefinitionWatch::~DefinitionWatch() {
  store_.notify_definitions({});
}

}  // namespace skald::runtime
