// The real program: `skald serve` in a folder of its own, and one command at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace skald::test {

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs `skald` with these arguments to its end.
CommandResult run_skald(const std::vector<std::string>& arguments, const std::string& input = {},
                        const std::map<std::string, std::string>& environment = {});

// An empty folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path() const { return path_; }
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

class SkaldServer {
 public:
  // Returns when the server has said that it is ready. Throws when it ends first.
  SkaldServer(const TemporaryFolder& folder, std::vector<std::string> flags);
  ~SkaldServer();
  SkaldServer(const SkaldServer&) = delete;
  SkaldServer& operator=(const SkaldServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void send_signal(int number) const;
  // The exit code; -signal where a signal ended it.
  int wait();
  std::string log() const;

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::filesystem::path log_;
};

}  // namespace skald::test
