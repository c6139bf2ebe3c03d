#include "adapters/http_participant.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <utility>

#include "adapters/http/authorization.hpp"
#include "adapters/http/lane.hpp"

namespace skald::adapters {
namespace {

// Hosts that `call: http` has spoken to keep their connections and gates up to this many.
constexpr std::size_t kLiteralLanesMax = 1024;

LaneTarget target_of(const AdapterSettings& settings, const AdaptersSnapshotPtr& snapshot) {
  LaneTarget target{.origin = settings.origin,
                    .base_path = settings.base_path,
                    .limits = settings.limits,
                    .snapshot = snapshot,
                    .settings = &settings};
  auto authorization = authorization_of(settings.authentication, snapshot->secrets);
  if (authorization) {
    target.authorization = std::move(*authorization);
  } else {
    target.authorization_problem = authorization.error().message;
  }
  return target;
}

saga::Answer refusal(std::string title, std::string error_type, std::string detail = {}) {
  return answer_from({.kind = Failure::kRefused,
                      .sent = false,
                      .error_type = std::move(error_type),
                      .title = std::move(title),
                      .detail = std::move(detail)});
}

class HttpParticipant final : public ports::Participant {
 public:
  HttpParticipant(boost::asio::io_context& loop, const HttpPorts& ports, HttpOptions options)
      : loop_(loop),
        ports_(ports),
        options_(std::move(options)),
        wheel_(loop, ports_.clock),
        resolver_(loop, ports_.clock),
        tokens_({.loop = loop_,
                 .trust = ports_.trust,
                 .clock = ports_.clock,
                 .entropy = ports_.entropy,
                 .options = options_,
                 .wheel = wheel_,
                 .resolver = resolver_}) {}

  ~HttpParticipant() override { abandon_all(); }

  void send(ports::ParticipantCall call, Done done) override {
    refresh();
    if (call.request->adapter.empty()) return send_literal(std::move(call), std::move(done));
    auto lane = lanes_.find(call.request->adapter);
    if (lane == lanes_.end()) {
      const auto settings = snapshot_->config.adapters.find(call.request->adapter);
      if (settings == snapshot_->config.adapters.end()) {
        return answer_later(std::move(done),
                            refusal("adapter '" + call.request->adapter + "' is not configured", "configuration"));
      }
      lane = lanes_
                 .emplace(settings->first,
                          std::make_unique<Lane>(context(), settings->first, target_of(settings->second, snapshot_)))
                 .first;
    }
    lane->second->send(std::move(call), std::move(done));
  }

  bool withdraw(const ExecutionId& execution, std::string_view key) override {
    const auto holds = [&](const auto& lane) { return lane.second->withdraw(execution, key); };
    return std::ranges::any_of(lanes_, holds) || std::ranges::any_of(literal_lanes_, holds);
  }

  void abandon_all() override {
    lanes_.clear();
    literal_lanes_.clear();
    tokens_.abandon();
    ready_->clear();
  }

 private:
  using Ready = std::deque<std::pair<Done, saga::Answer>>;

  LaneContext context() {
    return {
        .loop = loop_,
        .ports = ports_,
        .options = options_,
        .wheel = wheel_,
        .resolver = resolver_,
        .tokens = tokens_,
        .answer_later = [this](Done done, saga::Answer answer) { answer_later(std::move(done), std::move(answer)); },
        .refresh = [this] { refresh(); }};
  }

  void answer_later(Done done, saga::Answer answer) {
    ready_->emplace_back(std::move(done), std::move(answer));
    // One at a time: abandon_all() inside a callback drops the rest.
    boost::asio::post(loop_, [ready = ready_] {
      if (ready->empty()) return;
      auto [call_back, known] = std::move(ready->front());
      ready->pop_front();
      call_back(std::move(known));
    });
  }

  void refresh() {
    const auto version = ports_.registry.version();
    if (version == version_) return;
    version_ = version;
    snapshot_ = ports_.registry.snapshot();
    for (auto& [name, lane] : lanes_) {
      const auto settings = snapshot_->config.adapters.find(name);
      if (settings == snapshot_->config.adapters.end()) {
        lane->retarget(std::nullopt);
      } else {
        lane->retarget(target_of(settings->second, snapshot_));
      }
    }
    for (auto& [name, lane] : lanes_) lane->pump();
    std::erase_if(lanes_, [&](const auto& it) {
      return it.second->is_unused() && !snapshot_->config.adapters.contains(it.first);
    });
  }

  void send_literal(ports::ParticipantCall call, Done done) {
    const auto url = parse_url(call.request->target);
    if (!url) {
      return answer_later(std::move(done),
                          refusal("the endpoint " + url.error().message, "validation", url.error().detail));
    }
    if (!call.trusted && !is_allowed(url->origin, options_)) {
      return answer_later(std::move(done),
                          refusal("'" + authority_of(url->origin) + "' is not among http.allowedHosts of this server",
                                  "configuration"));
    }
    std::string key = (url->origin.tls ? "https://" : "http://") + host_and_port(url->origin);
    auto lane = literal_lanes_.find(key);
    if (lane == literal_lanes_.end()) {
      if (literal_lanes_.size() >= kLiteralLanesMax) {
        std::erase_if(literal_lanes_, [](const auto& it) { return it.second->is_unused(); });
      }
      lane = literal_lanes_
                 .emplace(std::move(key), std::make_unique<Lane>(context(), "http", LaneTarget{.origin = url->origin}))
                 .first;
    }
    lane->second->send(std::move(call), std::move(done));
  }

  boost::asio::io_context& loop_;
  HttpPorts ports_;
  HttpOptions options_;
  DeadlineWheel wheel_;
  Resolver resolver_;
  TokenStore tokens_;
  std::shared_ptr<Ready> ready_ = std::make_shared<Ready>();
  std::uint64_t version_ = 0;
  AdaptersSnapshotPtr snapshot_;
  std::map<std::string, std::unique_ptr<Lane>, std::less<>> lanes_;
  std::map<std::string, std::unique_ptr<Lane>, std::less<>> literal_lanes_;
};

}  // namespace

std::unique_ptr<ports::Participant> make_http_participant(boost::asio::io_context& loop, const HttpPorts& ports,
                                                          HttpOptions options) {
  return std::make_unique<HttpParticipant>(loop, ports, std::move(options));
}

}  // namespace skald::adapters
