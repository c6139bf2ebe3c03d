// skald-samples: the participants of workflows/checkout.yaml, to play with and to test against.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <charconv>
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
  const std::string host = listen.substr(0, colon);
  unsigned port = 0;
  const char* const end = listen.data() + listen.size();
  if (colon == std::string::npos ||
      std::from_chars(listen.data() + colon + 1, end, port) != std::from_chars_result{end, std::errc()} ||
      port > 65535) {
    std::cerr << "error: --listen must be HOST:PORT (got '" << listen << "')\n";
    return 2;
  }
  // Signals are taken by a thread of their own, so that they end the program between two requests.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    skald::samples::Ledger ledger(data);
    skald::samples::Faults faults(seed);
    skald::samples::Journal journal(journal_path);
    skald::samples::HttpServer server(host, static_cast<std::uint16_t>(port));
    skald::samples::Shop shop(ledger, faults, journal,
                              [&](auto delay, auto action) { server.after(delay, std::move(action)); });
    std::thread waiter([&] {
      int signal = 0;
      sigwait(&signals, &signal);
      server.stop();
    });
    std::cout << "skald-samples listening on http://" << host << ":" << server.port() << std::endl;
    server.run([&](auto request, auto respond) { shop.handle(std::move(request), std::move(respond)); });
    waiter.join();
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
