#include "bench/probe/statement.hpp"

#include <sqlite3.h>

namespace skald::probe {

void Statement::End::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int size = static_cast<int>(sql.size());
  const int code = sqlite3_prepare_v3(database, sql.data(), size, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement_.reset(prepared);
  if (code != SQLITE_OK) throw DatabaseError(sqlite3_errmsg(database));
}

void Statement::bind(int position, std::string_view text) {
  sqlite3_bind_text(statement_.get(), position, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::bind(int position, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), position, number);
}

void Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_DONE) throw DatabaseError(sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
  sqlite3_reset(statement_.get());
}

}  // namespace skald::probe
