// Leases and an inbox that say what a test says. One thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/inbox.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::test {

class ScriptedLeases final : public ports::ShardLeases {
 public:
  // What the next renewals say.
  void hold(const ports::ShardSet& shards, std::uint64_t epoch) {
    membership_.held.clear();
    for (std::uint32_t i = 0; i < shards.size(); ++i) {
      if (shards[i]) membership_.held.push_back({i, epoch});
    }
  }
  void set_share(std::size_t share) { membership_.share = share; }
  void set_error(std::optional<Error> error) { error_ = std::move(error); }
  void tell() {
    if (changed_) changed_();
  }

  Result<ports::Membership> renew(ports::MemberMode as) override {
    ++renewals;
    mode = as;
    if (auto once = std::exchange(while_renewing, nullptr)) once();
    if (error_) return std::unexpected(*error_);
    return membership_;
  }
  Millis lease() const override { return std::chrono::seconds(15); }
  Result<void> release(const ports::ShardSet& shards) override {
    released |= shards;
    std::erase_if(membership_.held, [&](const ports::HeldShard& held) { return shards[held.shard]; });
    return {};
  }
  Result<void> leave() override {
    left = true;
    return {};
  }
  void notify(std::function<void()> changed) override { changed_ = std::move(changed); }

  int renewals = 0;
  ports::MemberMode mode = ports::MemberMode::kServing;  // at the last renewal
  bool left = false;
  ports::ShardSet released;
  std::function<void()> while_renewing;  // once

 private:
  ports::Membership membership_;
  std::optional<Error> error_;
  std::function<void()> changed_;
};

class ScriptedInbox final : public ports::Inbox {
 public:
  Result<std::uint64_t> post(const ExecutionId& execution, const std::string& command) override {
    posted.push_back({posted.size() + 1, execution, command});
    return posted.size();
  }
  Result<std::vector<ports::InboxCommand>> list(const ports::ShardSet&, std::size_t) override {
    std::vector<ports::InboxCommand> open;
    for (const auto& command : posted) {
      if (!answers.contains(command.number)) open.push_back(command);
    }
    return open;
  }
  Result<void> answer(std::uint64_t number, const std::string& answer) override {
    answers.try_emplace(number, answer);
    return {};
  }
  Result<std::optional<std::string>> take_answer(std::uint64_t number) override {
    const auto it = answers.find(number);
    if (it == answers.end()) return std::nullopt;
    return it->second;
  }
  void notify(std::function<void()>) override {}

  std::vector<ports::InboxCommand> posted;
  std::map<std::uint64_t, std::string> answers;
};

}  // namespace skald::test
