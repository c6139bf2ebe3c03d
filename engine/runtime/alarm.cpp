#include "engine/runtime/alarm.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "engine/runtime/loops.hpp"

namespace skald::runtime {
namespace {

class AsioAlarm final : public Alarm {
 public:
  AsioAlarm(Loop& loop, Ring ring) : bell_(std::make_shared<Bell>(loop, std::move(ring))) {}

  void set(std::chrono::nanoseconds after) override {
    bell_->timer.expires_after(after);
    bell_->timer.async_wait([weak = std::weak_ptr(bell_)](const boost::system::error_code& error) {
      if (error) return;
      if (const auto bell = weak.lock()) bell->ring();
    });
  }

  void cancel() override { bell_->timer.cancel(); }

 private:
  // Shared, because a handler that is queued already comes after the destructor.
  struct Bell {
    Bell(Loop& loop, Ring ring) : timer(loop.context()), ring(std::move(ring)) {}
    boost::asio::steady_timer timer;
    Ring ring;
  };
  std::shared_ptr<Bell> bell_;
};

}  // namespace

std::unique_ptr<Alarm> make_asio_alarm(Loop& loop, Alarm::Ring ring) {
  return std::make_unique<AsioAlarm>(loop, std::move(ring));
}

}  // namespace skald::runtime
