// skald-probe: the standard work of the bench with no engine in it. It takes the starts of skald-load, writes the rows
// that the engine would, calls the participant three times and answers: same bytes, same commits, nothing decided.
//
// What it reaches is what this transport, this database and this order of commits reach together on a machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "bench/probe/server.hpp"

namespace {

namespace asio = boost::asio;

struct Options {
  std::string listen;
  std::string participant;
  std::string database;
};

asio::ip::tcp::endpoint endpoint_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const int port = colon == std::string::npos ? 0 : std::atoi(text.c_str() + colon + 1);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(text.substr(0, colon), error);
  if (error || port <= 0 || port > 65'535)
    throw std::invalid_argument("an address is written HOST:PORT, numeric: " + text);
  return {address, static_cast<std::uint16_t>(port)};
}

void serve(const Options& options) {
  std::random_device device;
  asio::io_context loop{1};
  skald::probe::Database database(options.database);
  skald::probe::Writer writer(database, loop);
  skald::probe::Participant participant(loop, endpoint_of(options.participant));
  skald::probe::Host host{.writer = writer, .participant = participant, .random = device()};
  const skald::probe::Server server(loop, endpoint_of(options.listen), host);
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { loop.stop(); });
  loop.run();
  writer.close();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Does the standard work of the bench with no engine in it: a measured ceiling.");
  app.add_option("--listen", options.listen, "HOST:PORT, numeric")->required();
  app.add_option("--participant", options.participant, "HOST:PORT of the server that is called, numeric")->required();
  app.add_option("--database", options.database, "A file that does not exist yet")
      ->required()
      ->check(CLI::NonexistentPath);
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    serve(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "skald-probe: {}\n", error.what());
    return 1;
  }
  return 0;
}
