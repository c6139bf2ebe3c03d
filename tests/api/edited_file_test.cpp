// workflows/checkout.yaml, edited while the server runs: executions that start afterwards follow the new text, the one
// under way keeps the text it began with.
#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

constexpr const char* kOrder =
    R"({"orderId":"A1","amount":10,"currency":"EUR","items":[{"sku":"tea","quantity":1}],"address":"1 Quay Street"})";
constexpr const char* kGiftWrap =
    "  - wrapGift:\n      call: packing.wrap\n      compensate: { call: packing.unwrap }\n\n";

// The file in its parts: what is before the steps, each step, what is behind them.
struct Document {
  std::string head, charge, reserve, ship, tail;
};

Document read_checkout() {
  std::ifstream file(std::string(SKALD_SOURCE_DIR) + "/workflows/checkout.yaml");
  std::stringstream text;
  text << file.rdbuf();
  // One attempt is held while the file is edited.
  const std::string all = std::regex_replace(text.str(), std::regex("PT2S"), "PT30S");
  const auto charge = all.find("  - chargePayment:"), reserve = all.find("  - reserveInventory:"),
             ship = all.find("  - createShipment:"), output = all.find("\noutput:");
  return {.head = all.substr(0, charge),
          .charge = all.substr(charge, reserve - charge),
          .reserve = all.substr(reserve, ship - reserve),
          .ship = all.substr(ship, output - ship),
          .tail = all.substr(output)};
}

class EditedFile : public ServiceTest {
 protected:
  void SetUp() override {
    const std::string port = std::to_string(participant_.port());
    const auto adapter = [&](const std::string& name, const std::string& operations) {
      return "  " + name + ": { baseUrl: 'http://127.0.0.1:" + port + "', operations: { " + operations + " } }\n";
    };
    folder_.write("adapters.yaml", "adapters:\n" +
                                       adapter("payments",
                                               "charge: { method: post, path: /charge }, "
                                               "refund: { method: post, path: /refund }") +
                                       adapter("inventory",
                                               "reserve: { method: post, path: /hold }, "
                                               "release: { method: post, path: /release }") +
                                       adapter("shipping",
                                               "create: { method: post, path: /ship }, "
                                               "cancel: { method: post, path: /cancel }") +
                                       adapter("packing",
                                               "wrap: { method: post, path: /wrap }, "
                                               "unwrap: { method: post, path: /unwrap }"));
    std::filesystem::create_directory(folder_.path() / "flows");
    write({checkout_.charge, checkout_.reserve, checkout_.ship});
    start({"--workflows", (folder_.path() / "flows").string()});
  }

  void write(const std::vector<std::string>& steps) {
    std::string text = checkout_.head;
    for (const auto& step : steps) text += step;
    // A rename, as editors do it: no look at the folder finds half a file.
    folder_.write("edited", text + checkout_.tail);
    std::filesystem::rename(folder_.path() / "edited", folder_.path() / "flows" / "checkout.yaml");
  }

  void await_revision(int revision) {
    for (int i = 0; i < 400; ++i) {
      if (get_json("/v1/workflows/shop/checkout/versions/1.0.0")["revision"] == revision) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "no revision " << revision << ": " << server_->log();
  }

  // The calls that a new execution makes, in order.
  std::vector<std::string> calls_of_an_order() {
    const auto before = participant_.requests().size();
    const auto answer = post("/v1/workflows/shop/checkout/executions", kOrder, "Prefer: wait=30\r\n");
    EXPECT_EQ(Json::parse(answer.body)["status"], "COMPLETED") << answer.body;
    const auto all = participant_.requests();
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }

  Document checkout_ = read_checkout();
};

TEST_F(EditedFile, ChangesNewExecutionsWithoutARestart) {
  using Calls = std::vector<std::string>;
  const auto started = post("/v1/workflows/shop/checkout/executions", kOrder);
  const std::string id = Json::parse(started.body)["id"];
  participant_.await_held(1);

  write({checkout_.charge, kGiftWrap, checkout_.reserve, checkout_.ship});
  await_revision(2);
  participant_.release();
  EXPECT_EQ(await_end(id)["status"], "COMPLETED");
  EXPECT_EQ(participant_.requests(), (Calls{"/charge", "/hold", "/ship"})) << "the one under way has no new step";
  EXPECT_EQ(calls_of_an_order(), (Calls{"/charge", "/wrap", "/hold", "/ship"}));

  write({checkout_.reserve, checkout_.charge, kGiftWrap, checkout_.ship});
  await_revision(3);
  EXPECT_EQ(calls_of_an_order(), (Calls{"/hold", "/charge", "/wrap", "/ship"}));

  write({checkout_.reserve, checkout_.charge, checkout_.ship});
  await_revision(4);
  EXPECT_EQ(calls_of_an_order(), (Calls{"/hold", "/charge", "/ship"}));
  EXPECT_EQ(get_json("/v1/executions/" + id)["steps"].size(), 3U);
}

}  // namespace
}  // namespace skald::test
