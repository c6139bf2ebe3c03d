#include "engine/runtime/inbox_reader.hpp"

#include <utility>

namespace skald::runtime {
namespace {

constexpr std::size_t kInboxPage = 100;
// Notices may be lost with their connection.
constexpr Millis kInboxLookInterval{2'000};

// Whether asking again may bring another answer.
bool is_passing(const Error& error) {
  return error.code.starts_with("store.") || (error.code.starts_with("engine.") && error.code != "engine.internal");
}

}  // namespace

InboxReader::InboxReader(ExecutionHost& host, ports::Inbox& inbox, Apply apply)
    : host_(host), inbox_(inbox), apply_(std::move(apply)) {}

void InboxReader::begin() {
  inbox_.notify([this] { look(); });
  list();
}

void InboxReader::look() {
  host_.loop().post([this] { list(); });
}

void InboxReader::close() {
  inbox_.notify({});
}

void InboxReader::fired() {
  list();
}

void InboxReader::list() {
  auto& shared = host_.shared();
  if (shared.draining || host_.is_closed()) return;
  if (std::exchange(listing_, true)) {
    again_ = true;
    return;
  }
  host_.offload([&inbox = inbox_, shards = shared.shards.held()] { return inbox.list(shards, kInboxPage); },
                [this](Result<std::vector<ports::InboxCommand>> found) {
                  listing_ = false;
                  if (found) {
                    for (const auto& command : *found) take(command);
                  } else {
                    host_.warn("the commands of other nodes could not be listed; it is tried again", found.error());
                  }
                  const auto now = host_.shared().time.steady();
                  host_.timers().set(*this, std::exchange(again_, false) ? now : now + kInboxLookInterval);
                });
}

void InboxReader::take(const ports::InboxCommand& command) {
  if (!under_way_.insert(command.number).second) return;
  auto decoded = decode_command(command.execution, command.command);
  if (!decoded) return applied(command.number, std::unexpected(std::move(decoded.error())));
  apply_(
      command.execution, std::move(*decoded), command.number,
      [this, number = command.number](Result<std::optional<ExecutionId>> result) mutable {
        host_.loop().post([this, number, result = std::move(result)]() mutable { applied(number, std::move(result)); });
      });
}

void InboxReader::applied(std::uint64_t number, Result<std::optional<ExecutionId>> result) {
  if (!result && is_passing(result.error())) {
    under_way_.erase(number);
    return;
  }
  auto answer = result ? encode_answer(*result) : encode_answer(result.error());
  host_.offload([&inbox = inbox_, number, answer = std::move(answer)] { return inbox.answer(number, answer); },
                [this, number](const Result<void>&) { under_way_.erase(number); });
}

}  // namespace skald::runtime
