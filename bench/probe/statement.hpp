// A prepared statement of SQLite. Everything that goes wrong is a DatabaseError; the probe does not survive one.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace skald::probe {

struct DatabaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  // Binds all parameters, in order, and runs it to its end. Texts are not copied.
  template <class... Values>
  void run(const Values&... values) {
    int position = 0;
    (bind(++position, values), ...);
    step();
  }

 private:
  struct End {
    void operator()(sqlite3_stmt* statement) const;
  };

  void bind(int position, std::string_view text);
  void bind(int position, std::int64_t number);
  void step();

  std::unique_ptr<sqlite3_stmt, End> statement_;
};

}  // namespace skald::probe
