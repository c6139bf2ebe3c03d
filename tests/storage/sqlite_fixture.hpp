// A store on an SQLite file of its own, with an eye on what it says and a plain connection beside it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <stdexcept>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {

// A connection that knows nothing of the store.
class PlainConnection {
 public:
  explicit PlainConnection(const std::string& path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
  }
  ~PlainConnection() { sqlite3_close(database_); }
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  // One column of the first row, or "".
  std::string run(const std::string& sql, int column = 0) {
    struct Wanted {
      int column;
      std::string value;
    } wanted{column, {}};
    const auto keep = [](void* out, int columns, char** values, char**) {
      auto& w = *static_cast<Wanted*>(out);
      if (w.value.empty() && w.column < columns && values[w.column]) w.value = values[w.column];
      return 0;
    };
    char* message = nullptr;
    if (sqlite3_exec(database_, sql.c_str(), keep, &wanted, &message) != SQLITE_OK) {
      const std::string error = message ? message : "";
      sqlite3_free(message);
      throw std::runtime_error(error);
    }
    return wanted.value;
  }

 private:
  sqlite3* database_ = nullptr;
};

class SqliteTest : public testing::Test {
 protected:
  StoreOptions options() {
    return {.clock = clock_, .telemetry = telemetry_, .log = log_, .on_fatal = [this](const Error& error) {
              fatal_.push_back(error.code);
            }};
  }
  Result<std::unique_ptr<Store>> open(const StoreOptions& options) { return open_store("sqlite:" + path_, options); }
  std::unique_ptr<Store> open() { return open(options()).value(); }

  TestClock clock_;
  RecordingTelemetry telemetry_;
  ports::SilentLog log_;
  std::vector<std::string> fatal_;  // read it after a verdict that followed
  TemporaryFolder folder_;
  std::string path_ = folder_.file("skald.db");
};

}  // namespace skald::storage::test
