#include "engine/runtime/remote_commands.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/runtime/command_codec.hpp"

namespace skald::runtime {
namespace {

constexpr Millis kAskInterval{25};
constexpr Millis kWaitMax{5'000};

std::unexpected<Error> pending() {
  return failure("command.pending", "the command is accepted and not applied yet");
}

}  // namespace

// One command that has no answer yet. What comes back from other threads finds it gone where nobody waits any more.
class RemoteCommands::Waiting final : public std::enable_shared_from_this<Waiting> {
 public:
  Waiting(RemoteCommands& owner, Answered answered) : owner_(owner), answered_(std::move(answered)) {}

  void post(const ExecutionId& execution, std::string command) {
    until_ = now() + kWaitMax;
    owner_.host_.offload(
        [&inbox = owner_.inbox_, execution, command = std::move(command)] { return inbox.post(execution, command); },
        [weak = weak_from_this()](Result<std::uint64_t> number) {
          if (const auto self = weak.lock()) self->posted(std::move(number));
        });
  }

  Answered take_answered() { return std::move(answered_); }

 private:
  std::chrono::nanoseconds now() const { return owner_.host_.shared().time.steady(); }

  void posted(Result<std::uint64_t> number) {
    if (!number) return owner_.end(*this, std::unexpected(std::move(number.error())));
    number_ = *number;
    ask_later();
  }

  void ask_later() {
    owner_.host_.after(kAskInterval, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ask();
    });
  }

  void ask() {
    owner_.host_.offload([&inbox = owner_.inbox_, number = number_] { return inbox.take_answer(number); },
                         [weak = weak_from_this()](const Result<std::optional<std::string>>& answer) {
                           if (const auto self = weak.lock()) self->asked(answer);
                         });
  }

  void asked(const Result<std::optional<std::string>>& answer) {
    if (answer && *answer) return owner_.end(*this, decode_answer(**answer));
    if (now() >= until_) return owner_.end(*this, pending());
    ask_later();
  }

  RemoteCommands& owner_;
  Answered answered_;
  std::uint64_t number_ = 0;
  std::chrono::nanoseconds until_{};
};

RemoteCommands::RemoteCommands(ExecutionHost& host, ports::Inbox& inbox) : host_(host), inbox_(inbox) {}

RemoteCommands::~RemoteCommands() = default;

void RemoteCommands::send(const ExecutionId& execution, std::string command, Answered answered) {
  const auto& waiting = waiting_.emplace_back(std::make_shared<Waiting>(*this, std::move(answered)));
  waiting->post(execution, std::move(command));
}

void RemoteCommands::end_all() {
  while (!waiting_.empty()) end(*waiting_.front(), pending());
}

void RemoteCommands::end(Waiting& waiting, Result<std::optional<ExecutionId>> answer) {
  auto answered = waiting.take_answered();
  waiting_.remove_if([&](const auto& each) { return each.get() == &waiting; });
  answered(std::move(answer));
}

}  // namespace skald::runtime
