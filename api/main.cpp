// The composition root: the one place that knows every concrete type. serve() reads top to bottom as a list.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <thread>

#include "adapters/adapters_file.hpp"
#include "adapters/adapters_registry.hpp"
#include "adapters/document_fetch.hpp"
#include "adapters/http/tls.hpp"
#include "adapters/http_participant.hpp"
#include "adapters/in_hand_file.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/system_entropy.hpp"
#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/http/server.hpp"
#include "api/log/spdlog_log.hpp"
#include "api/services.hpp"
#include "api/settings/process_options.hpp"
#include "api/settings/settings.hpp"
#include "api/telemetry/prometheus_telemetry.hpp"
#include "engine/async/offload.hpp"
#include "engine/runtime/definition_watch.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/workflow_folder.hpp"
#include "storage/store.hpp"

namespace skald {
namespace {

constexpr int kExitFatal = 70;  // EX_SOFTWARE

ports::Log* terminate_log = nullptr;

// An exception that nobody caught: its text reaches the log before the process ends.
[[noreturn]] void log_and_abort() {
  const char* what = "no exception";
  std::string text;
  if (const auto thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      text = error.what();
      what = text.c_str();
    } catch (...) {
      what = "an exception of unknown type";
    }
  }
  if (terminate_log != nullptr) terminate_log->write(ports::LogLevel::kError, "the process ends", {{"error", what}});
  std::abort();
}

// All that is wrong with the file, the environment and the flags.
std::expected<api::Settings, std::vector<Error>> read_settings(const cli::ServeOptions& options) {
  api::Settings settings;
  std::vector<Error> problems;
  std::error_code ignored;
  const std::string file = !options.config.empty()                          ? options.config
                           : std::filesystem::exists("skald.yaml", ignored) ? "skald.yaml"
                                                                            : "";
  if (!file.empty()) {
    const auto text = api::read_config_file(file);
    if (!text) return std::unexpected(std::vector{text.error()});
    problems = api::apply_config(settings, file, *text);
  }
  const auto getenv = [](const char* name) -> const char* { return std::getenv(name); };
  for (auto& problem : api::apply_environment(settings, getenv)) problems.push_back(std::move(problem));
  for (const auto& [name, value] : options.flags) {
    auto done = api::apply_setting(settings, name, value, api::flag_name(name));
    if (!done) problems.push_back(std::move(done.error()));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return settings;
}

// A commit that may or may not have happened: the next process reads what is there.
[[noreturn]] void die(ports::Log& log, const Error& error) {
  log.write(ports::LogLevel::kError, "the process ends", {{"error", to_text(error)}});
  std::_Exit(kExitFatal);
}

// A server that cannot start says why, once.
int refuse_to_start(const std::vector<Error>& errors) {
  for (const auto& error : errors) std::cerr << "error: " << to_text(error) << '\n';
  constexpr std::string_view kOfWhatItWasTold[] = {"setting.", "adapters.", "tls.", "store.url", "server.address"};
  const auto is_of = [&](std::string_view start) { return errors.front().code.starts_with(start); };
  return std::ranges::any_of(kOfWhatItWasTold, is_of) ? cli::kUsage : cli::kUnavailable;
}

int refuse_to_start(const Error& error) {
  return refuse_to_start(std::vector{error});
}

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, 2);  // glibc gives every thread an arena: most of it would be idle memory
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

std::string address_of(const api::Settings& settings, std::uint16_t port) {
  const bool is_v6 = settings.listen_host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + settings.listen_host + "]" : settings.listen_host) + ":" + std::to_string(port);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// Of this process among those that share a database. A restart at the same place has the same name.
storage::NodeOptions node_of(const api::Settings& settings) {
  const bool is_fixed = settings.listen_port != 0;
  const std::string place = std::to_string(is_fixed ? settings.listen_port : getpid());
  return {.name = settings.node_name.empty() ? host_name() + ":" + place : settings.node_name,
          .address = settings.node_address.empty() ? address_of(settings, settings.listen_port) : settings.node_address,
          .version = SKALD_VERSION,
          .lease = settings.node_lease};
}

Result<std::vector<ports::ClusterNode>> list_nodes(storage::Store& store, const storage::NodeOptions& self,
                                                   Timestamp started_at, bool is_draining) {
  if (store.leases()) return store.list_nodes();
  return std::vector{ports::ClusterNode{.name = self.name,
                                        .address = self.address,
                                        .version = self.version,
                                        .started_at = started_at,
                                        .draining = is_draining,
                                        .shards = limits::kShardCount}};
}

// "ready" is to be true: it waits for the first shards, for five seconds at most where the others keep them so long.
void wait_for_shards(const runtime::Engine& engine) {
  constexpr int kLooksMax = 1000;
  for (int i = 0; i < kLooksMax && !engine.health().owns_shards; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// SIGTERM and SIGINT, from construction on: one that comes before anybody waits is kept.
struct StopSignals {
  boost::asio::io_context context{1};
  boost::asio::signal_set set{context, SIGINT, SIGTERM};
};

// Returns when the first signal has been answered by a clean shutdown; the second ends the process at once.
void run_until_stopped(StopSignals& signals, runtime::Engine& engine, api::HttpServer& server,
                       std::atomic<bool>& shutting_down, Millis patience, ports::Log& log) {
  auto& context = signals.context;
  const auto close_server = [&] { server.close([&] { boost::asio::post(context, [&] { context.stop(); }); }); };
  signals.set.async_wait([&](boost::system::error_code, int) {
    log.write(ports::LogLevel::kInfo, "shutting down; a second signal ends the process at once");
    shutting_down = true;
    signals.set.async_wait([](boost::system::error_code error, int) {
      if (!error) std::_Exit(130);
    });
    engine.drain(patience, [&] { boost::asio::post(context, close_server); });
  });
  context.run();
}

// What everything else is given.
struct Basis {
  adapters::SystemClock clock;
  adapters::SystemEntropy entropy;
  api::SpdlogLog log;
  api::PrometheusTelemetry telemetry;

  explicit Basis(const api::Settings& settings)
      : log(clock, api::format_of(settings), api::level_of(settings)), telemetry(clock, SKALD_VERSION) {}
};

// The store's health, asked for once a second at most: every start looks at it, and asking costs a system call.
class StorageWatch {
 public:
  StorageWatch(storage::Store& store, ports::Clock& clock) : store_(store), clock_(clock) {}

  api::StorageState state() {
    const std::int64_t now = clock_.steady().count();
    std::int64_t due = due_.load(std::memory_order_relaxed);
    if (now >= due && due_.compare_exchange_strong(due, now + std::chrono::nanoseconds(kEvery).count())) {
      const auto health = store_.health();
      writable_ = health.writable;
      low_on_space_ = health.low_on_space;
    }
    return {.writable = writable_, .low_on_space = low_on_space_};
  }

 private:
  static constexpr std::chrono::seconds kEvery{1};

  storage::Store& store_;
  ports::Clock& clock_;
  std::atomic<std::int64_t> due_ = 0;
  std::atomic<bool> writable_ = true;
  std::atomic<bool> low_on_space_ = false;
};

int serve_api(const api::Settings& settings, Basis& basis, runtime::Loops& loops, api::Services services,
              std::atomic<bool>& shutting_down) {
  StopSignals signals;
  api::Router router(services.problems);
  api::add_routes(router, services);
  api::HttpServer server(loops, {basis.clock, basis.log, basis.telemetry}, api::limits_of(settings),
                         [&router](api::Request request, api::Responder respond) {
                           router.dispatch(std::move(request), std::move(respond));
                         });
  server.set_refusal_answer([&services](const api::Refusal& refusal) {
    return services.problems.answer({.code = std::string(refusal.code), .message = refusal.message}, refusal.path);
  });
  const auto port = server.listen(settings.listen_host, settings.listen_port);
  if (!port) return refuse_to_start(port.error());
  const std::string public_url = settings.public_url.empty() ? address_of(settings, *port) : settings.public_url;
  if (auto ready = services.engine.run(public_url + "/v1/callbacks/"); !ready) return refuse_to_start(ready.error());
  loops.start();
  wait_for_shards(services.engine);
  std::cout << "skald ready on " << address_of(settings, *port) << std::endl;
  run_until_stopped(signals, services.engine, server, shutting_down, settings.shutdown_timeout, basis.log);
  loops.stop();
  return cli::kDone;
}

adapters::HttpOptions http_options_of(const api::Settings& settings) {
  return {.allowed_hosts = settings.http_allowed_hosts,
          .allowed_secrets = settings.http_allowed_secrets,
          .connect_to = {settings.http_connect_to.begin(), settings.http_connect_to.end()},
          .loops = settings.loops};
}

// Null: nothing is remembered.
std::unique_ptr<ports::InHand> open_suspects(const api::Settings& settings, Basis& basis) {
  constexpr std::string_view kSqlite = "sqlite:";
  std::string path = settings.node_suspects;
  if (path.empty() && settings.storage.starts_with(kSqlite))
    path = settings.storage.substr(kSqlite.size()) + "-suspects";
  if (path.empty()) return nullptr;
  auto file = adapters::InHandFile::open(path, SKALD_VERSION, basis.clock);
  if (file) return std::move(*file);
  const auto error = to_text(file.error());
  basis.log.write(ports::LogLevel::kWarning, "what makes the process die is not found out", {{"error", error}});
  return nullptr;
}

int serve_engine(const api::Settings& settings, Basis& basis, storage::Store& store,
                 adapters::AdaptersRegistry& registry, runtime::Definitions& definitions,
                 const adapters::TlsTrustPtr& trust) {
  runtime::Loops loops(settings.loops);
  async::Offload blocking(settings.blocking_threads);
  const adapters::HttpPorts http_ports{registry, trust, basis.clock, basis.telemetry, basis.log, basis.entropy};
  const adapters::HttpOptions http_options = http_options_of(settings);
  const auto in_hand = open_suspects(settings, basis);
  runtime::Engine engine(loops,
                         {.history = store,
                          .clock = basis.clock,
                          .entropy = basis.entropy,
                          .telemetry = basis.telemetry,
                          .log = basis.log,
                          .in_hand = in_hand.get(),
                          .leases = store.leases(),
                          .inbox = store.inbox(),
                          .events = &store,
                          .outbox = &store,
                          .schedules = &store,
                          .replaced = [&basis](const Error& error) { die(basis.log, error); },
                          .participant =
                              [&](runtime::Loop& loop) {
                                return adapters::make_http_participant(loop.context(), http_ports, http_options);
                              }},
                         definitions,
                         {.active_max = settings.engine_active_max,
                          .passivate_after = settings.engine_passivate_after,
                          .recovery_ramp = settings.engine_recovery_ramp,
                          .retention = settings.retention_ended,
                          .epoch = store.epoch()});
  std::atomic<bool> shutting_down = false;
  api::Problems problems(basis.log, basis.entropy);
  StorageWatch storage_watch(store, basis.clock);
  return serve_api(
      settings, basis, loops,
      {.engine = engine,
       .definitions = definitions,
       .history = store,
       .index = store,
       .definition_store = store,
       .schedules = store,
       .log = basis.log,
       .problems = problems,
       .blocking = blocking,
       .storage_state = [&storage_watch] { return storage_watch.state(); },
       .nodes = [&store, &shutting_down, self = node_of(settings),
                 started_at = basis.clock.now()] { return list_nodes(store, self, started_at, shutting_down); },
       .scrape = [&basis] { return basis.telemetry.scrape(); },
       .shutting_down = shutting_down},
      shutting_down);
}

int serve(const cli::ServeOptions& options) {
  const auto settings = read_settings(options);
  if (!settings) return refuse_to_start(settings.error());
  if (options.print_config) {
    std::cout << api::print_config(*settings);
    return cli::kDone;
  }
  if (auto checked = api::check_folders(*settings); !checked) return refuse_to_start(checked.error());
  prepare_process();
  Basis basis(*settings);
  terminate_log = &basis.log;
  std::set_terminate(log_and_abort);
  for (const auto& error : api::unknown_variables(api::names_of_environment())) {
    basis.log.write(ports::LogLevel::kWarning, "a variable is not read", {{"error", to_text(error)}});
  }

  auto store =
      storage::open_store(settings->storage, {.clock = basis.clock,
                                              .telemetry = basis.telemetry,
                                              .log = basis.log,
                                              .on_fatal = [&basis](const Error& error) { die(basis.log, error); },
                                              .writers = settings->storage_writers,
                                              .node = node_of(*settings)});
  if (!store) return refuse_to_start(store.error());

  adapters::AdaptersRegistry registry(basis.log, settings->secrets);
  if (!settings->adapters.empty()) {
    if (auto loaded = registry.load(settings->adapters); !loaded) return refuse_to_start(loaded.error());
  }
  auto trust = adapters::load_tls_trust(settings->http_ca_file);
  if (!trust) return refuse_to_start(trust.error());

  runtime::Definitions definitions(**store, basis.clock, basis.log, basis.telemetry);
  definitions.set_operations(registry.snapshot()->operations);
  definitions.set_allowed(settings->http_allowed_hosts, settings->http_allowed_secrets);
  definitions.set_fetch(adapters::document_fetcher({.trust = *trust,
                                                    .clock = basis.clock,
                                                    .entropy = basis.entropy,
                                                    .http = http_options_of(*settings),
                                                    .secrets_directory = settings->secrets}));
  definitions.on_secrets([&registry](const std::vector<std::string>& names) { registry.need_secrets(names); });
  const auto watching = registry.watch(
      [&definitions](const adapters::AdaptersSnapshotPtr& s) { definitions.set_operations(s->operations); });
  if (auto loaded = definitions.load_stored(); !loaded) return refuse_to_start(loaded.error());
  std::optional<runtime::WorkflowFolder> folder;
  if (!settings->workflows.empty()) {
    folder.emplace(settings->workflows, definitions, basis.log);
    folder->scan();
    folder->start();
  }
  std::optional<runtime::DefinitionWatch> watch;
  if ((*store)->leases()) watch.emplace(**store, definitions);

  const int code = serve_engine(*settings, basis, **store, registry, definitions, *trust);
  folder.reset();
  watch.reset();
  (*store)->close();
  if (code == cli::kDone) basis.log.write(ports::LogLevel::kInfo, "stopped", {});
  return code;
}

Result<cli::LoadedOperations> load_operations(const std::string& file) {
  const auto text = cli::read_text(file);
  if (!text) return std::unexpected(text.error());
  auto parsed = adapters::parse_adapters(*text);
  if (parsed.config) return cli::LoadedOperations{.catalog = adapters::catalog_of(*parsed.config), .diagnostics = {}};
  return cli::LoadedOperations{.catalog = std::nullopt, .diagnostics = std::move(parsed.diagnostics)};
}

Result<std::string> fetch_document(const definition::WantedDocument& wanted) {
  const auto trust = adapters::load_tls_trust("");
  if (!trust) return std::unexpected(trust.error());
  const char* folder = std::getenv("SKALD_SECRETS");
  adapters::SystemClock clock;
  adapters::SystemEntropy entropy;
  return adapters::fetch_document(
      wanted, {.trust = *trust, .clock = clock, .entropy = entropy, .secrets_directory = folder ? folder : ""});
}

}  // namespace
}  // namespace skald

int main(int argc, char** argv) {
  return skald::cli::run(argc, argv,
                         {.serve = skald::serve,
                          .load_operations = skald::load_operations,
                          .fetch_document = skald::fetch_document,
                          .version = SKALD_VERSION});
}
