// A participant on a loop of the test's own thread, and calls to make through it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/adapters_file.hpp"
#include "adapters/adapters_registry.hpp"
#include "adapters/http_participant.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/system_entropy.hpp"

namespace skald::test {

// Keeps what it is told.
class KeptTelemetry final : public ports::SilentTelemetry {
 public:
  void adapter_request(std::string_view adapter, std::string_view operation, std::string_view code,
                       std::chrono::nanoseconds) override {
    requests.push_back(std::string(adapter) + "." + std::string(operation) + " " + std::string(code));
  }
  void adapter_inflight(std::string_view, int change) override {
    inflight += change;
    inflight_max = std::max(inflight_max, inflight);
  }
  void circuit(std::string_view adapter, bool open) override {
    circuits.push_back(std::string(adapter) + (open ? " open" : " closed"));
  }

  std::vector<std::string> requests;
  std::vector<std::string> circuits;
  int inflight = 0;
  int inflight_max = 0;
};

class KeptLog final : public ports::Log {
 public:
  void write(ports::LogLevel, std::string_view message, std::initializer_list<Field> fields) override {
    const std::lock_guard lock(guard_);
    std::string line(message);
    for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + std::string(value);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(guard_);
    return lines_;
  }
  bool has(std::string_view part) const {
    for (const auto& line : lines()) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex guard_;
  std::vector<std::string> lines_;
};

class ParticipantTest : public ::testing::Test {
 protected:
  // `rest` is further YAML of the adapter "shop", indented by four; it has the operation "charge".
  void configure(const std::string& base_url, const std::string& rest = {}, const std::string& operation_rest = {}) {
    const std::string text = "adapters:\n  shop:\n    baseUrl: " + base_url + "\n" + rest +
                             "    operations:\n      charge: { method: post, path: /charges" + operation_rest + " }\n";
    auto file = adapters::parse_adapters(text);
    ASSERT_TRUE(file.config) << definition::to_text("adapters.yaml", file.diagnostics.at(0)) << "\n" << text;
    registry.set(std::move(*file.config));
  }

  ports::Participant& participant() {
    if (!participant_) {
      const adapters::HttpPorts ports{.registry = registry,
                                      .trust = trust(),
                                      .clock = clock,
                                      .telemetry = telemetry,
                                      .log = log,
                                      .entropy = entropy};
      participant_ = adapters::make_http_participant(loop, ports, options);
    }
    return *participant_;
  }

  adapters::TlsTrustPtr trust() { return adapters::load_tls_trust(ca_file).value(); }

  static ports::ParticipantCall make_call(saga::Request request = {.adapter = "shop",
                                                                   .operation = "charge",
                                                                   .method = "POST",
                                                                   .target = "/charges",
                                                                   .headers = {},
                                                                   .body = R"({"amount":5})"}) {
    ports::ParticipantCall call;
    call.execution = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ab");
    call.workflow = "shop/checkout:1.0.0";
    call.step = "chargePayment";
    call.attempt = 1;
    call.epoch = 3;
    call.key = "0192f0c1-2b3c-7def-8abc-0123456789ab/chargePayment";
    call.timeout = std::chrono::seconds(20);
    call.request = std::make_shared<const saga::Request>(std::move(request));
    return call;
  }

  static ports::ParticipantCall literal_call(const std::string& url, const std::string& method = "GET") {
    return make_call({.adapter = "", .operation = "", .method = method, .target = url, .headers = {}, .body = ""});
  }

  // Sends, and keeps the answer at the index returned.
  std::size_t send(ports::ParticipantCall call) {
    const std::size_t index = answers.size();
    answers.emplace_back();
    participant().send(std::move(call), [this, index](saga::Answer answer) { answers[index] = std::move(answer); });
    EXPECT_FALSE(answers[index]) << "answered inside send()";
    return index;
  }

  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition did not come about";
      loop.run_one_for(std::chrono::milliseconds(100));
      loop.restart();
    }
  }

  saga::Answer exchange(ports::ParticipantCall call = make_call()) {
    const auto index = send(std::move(call));
    run_until([&] { return answers[index].has_value(); });
    return answers[index].value_or(saga::Answer{});
  }

  boost::asio::io_context loop{1};
  adapters::SystemClock clock;
  adapters::SystemEntropy entropy;
  KeptTelemetry telemetry;
  KeptLog log;
  adapters::AdaptersRegistry registry{log, ""};
  adapters::HttpOptions options;
  std::string ca_file;
  std::vector<std::optional<saga::Answer>> answers;

 private:
  std::unique_ptr<ports::Participant> participant_;
};

}  // namespace skald::test
