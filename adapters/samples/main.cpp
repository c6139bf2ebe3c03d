// skald-samples: the participants of workflows/checkout.yaml, to play with and to test against.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "adapters/samples/shop.hpp"

int main(int argc, char** argv) {
  std::string listen = "127.0.0.1:9090";
  std::string data = ":memory:";
  std::string journal_path;
  std::uint64_t seed = 1;
  CLI::App app("Sample participants: payment, inventory, shipping and notification");
  app.add_option("--listen", listen, "HOST:PORT; port 0 picks a free one")->capture_default_str();
  app.add_option("--data", data, "SQLite file of their state")->capture_default_str();
  app.add_option("--journal", journal_path, "file that records every request as a JSON line");
  app.add_option("--seed", seed, "of the faults that strike with a probability")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) {
    std::cerr << "error: --listen must be HOST:PORT (got '" << listen << "')\n";
    return 2;
  }
  // Signals are taken by a thread of their own, so that every other may block.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    skald::samples::Ledger ledger(data);
    skald::samples::Faults faults(seed);
    skald::samples::Journal journal(journal_path);
    skald::samples::Shop shop(ledger, faults, journal);
    skald::samples::HttpServer server(listen.substr(0, colon),
                                      static_cast<std::uint16_t>(std::stoi(listen.substr(colon + 1))),
                                      [&](const auto& request) { return shop.handle(request); });
    std::thread waiter([&] {
      int signal = 0;
      sigwait(&signals, &signal);
      server.stop();
    });
    std::cout << "skald-samples listening on http://" << listen.substr(0, colon) << ":" << server.port() << std::endl;
    server.run();
    waiter.join();
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
