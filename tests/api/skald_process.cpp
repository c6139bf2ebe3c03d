#include "tests/api/skald_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace skald::test {
namespace {

std::string binary() {
  return SKALD_BINARY_DIR "/skald";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

[[noreturn]] void execute(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment) {
  std::vector<char*> list;
  std::string name = "skald";
  list.push_back(name.data());
  for (const auto& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
  list.push_back(nullptr);
  unsetenv("SKALD_SERVER");
  for (const auto& [key, value] : environment) setenv(key.c_str(), value.c_str(), 1);
  execv(binary().c_str(), list.data());
  _exit(127);
}

std::string read_all(int descriptor) {
  std::string text;
  char bytes[4096];
  for (ssize_t got; (got = read(descriptor, bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(got));
  close(descriptor);
  return text;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

CommandResult run_skald(const std::vector<std::string>& arguments, const std::string& input,
                        const std::map<std::string, std::string>& environment) {
  int in[2];
  int out[2];
  int err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipes");
  }
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execute(arguments, environment);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  if (!input.empty() && write(in[1], input.data(), input.size()) < 0) throw std::runtime_error("no input taken");
  close(in[1]);
  CommandResult result;
  std::thread errors([&] { result.err = read_all(err[0]); });
  result.out = read_all(out[0]);
  errors.join();
  int status = 0;
  waitpid(pid, &status, 0);
  result.exit_code = code_of(status);
  return result;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "skald-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& content) const {
  const auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return file.string();
}

SkaldServer::SkaldServer(const TemporaryFolder& folder, std::vector<std::string> flags)
    : log_(folder.path() / "skald.log") {
  std::vector<std::string> arguments = {"serve", "--listen", "127.0.0.1:0", "--storage",
                                        "sqlite:" + (folder.path() / "skald.db").string()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out[1], STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execute(arguments, {});
  }
  close(out[1]);
  std::string line;
  char c = 0;
  while (read(out[0], &c, 1) == 1 && c != '\n') line += c;
  close(out[0]);
  const std::string ready = "skald ready on http://127.0.0.1:";
  if (!line.starts_with(ready)) throw std::runtime_error("the server did not start: " + line + log());
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(ready.size())));
}

SkaldServer::~SkaldServer() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void SkaldServer::send_signal(int number) const {
  kill(pid_, number);
}

int SkaldServer::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return code_of(status);
}

std::string SkaldServer::log() const {
  return read_file(log_);
}

}  // namespace skald::test
