// A shop with its ledger in memory, called without a network; delays end when a test says so.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "adapters/samples/shop.hpp"

namespace skald::samples {

class ShopFixture : public testing::Test {
 protected:
  ShopFixture()
      : journal_path_(std::filesystem::temp_directory_path() /
                      ("skald-samples-" + std::to_string(::getpid()) + ".jsonl")),
        journal_(journal_path_) {}
  ~ShopFixture() override { std::filesystem::remove(journal_path_); }

  // nullopt where the answer waits for a delay.
  std::optional<HttpReply> post(const std::string& target, const std::string& key, const std::string& body) {
    const auto parsed = parse_target(target).value();
    HttpRequest request{.method = "POST", .target = target, .path = parsed.path, .query = parsed.query, .body = body};
    request.headers = {{"skald-step", "s"}, {"skald-attempt", "2"}, {"skald-epoch", "7"}};
    if (!key.empty()) request.headers["idempotency-key"] = "\"" + key + "\"";
    return send(std::move(request));
  }

  nlohmann::json get(const std::string& target) {
    const auto parsed = parse_target(target).value();
    const auto reply = send({.method = "GET", .target = target, .path = parsed.path, .query = parsed.query});
    return nlohmann::json::parse(reply->body);
  }

  std::optional<HttpReply> send(HttpRequest request) {
    auto slot = std::make_shared<std::optional<HttpReply>>();
    shop_.handle(std::move(request), [slot](HttpReply reply) {
      if (reply.done) reply.done(!reply.drop && !reply.garbage);
      *slot = std::move(reply);
    });
    last_ = slot;
    return *slot;
  }

  void end_delay() {
    const auto action = std::move(delayed_.front());
    delayed_.pop_front();
    action();
  }

  // "received do 0", "applied do 201", ...
  std::vector<std::string> journal() {
    std::vector<std::string> lines;
    std::ifstream file(journal_path_);
    for (std::string line; std::getline(file, line);) {
      const auto entry = nlohmann::json::parse(line);
      lines.push_back(entry["event"].get<std::string>() + " " + entry["operation"].get<std::string>() + " " +
                      entry["status"].dump());
    }
    return lines;
  }

  std::filesystem::path journal_path_;
  Ledger ledger_{":memory:"};
  Faults faults_{1};
  Journal journal_;
  std::deque<std::function<void()>> delayed_;
  Shop shop_{ledger_, faults_, journal_, [this](auto, auto action) { delayed_.push_back(std::move(action)); }};
  std::shared_ptr<std::optional<HttpReply>> last_;
};

}  // namespace skald::samples
