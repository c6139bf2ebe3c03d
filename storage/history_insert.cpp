#include "storage/history_insert.hpp"

#include "storage/row_codec.hpp"

namespace skald::storage {
namespace {

// Longer texts are rare, and their memory is given back at once.
constexpr std::size_t kKeptMax = 16 * 1024;

// Nothing of a transaction is kept where a row is refused. Told so, SQLite needs not be able to take back one statement
// alone, for which it would copy every page that a statement of several rows changes.
std::string insert_of(std::size_t rows) {
  constexpr std::string_view kRow = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  std::string sql =
      "INSERT OR ROLLBACK INTO history (execution, position, epoch, at, kind, version, step, attempt, actor, data) "
      "VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql.append(i == 0 ? "" : ", ").append(kRow);
  return sql;
}

}  // namespace

HistoryInsert::Insert::Insert(soci::session& session, std::size_t count) : rows(count), statement(session) {
  using soci::use;
  for (auto& row : rows) {
    statement.exchange(use(row.execution));
    statement.exchange(use(row.position));
    statement.exchange(use(row.epoch));
    statement.exchange(use(row.at));
    statement.exchange(use(row.kind));
    statement.exchange(use(row.version));
    statement.exchange(use(row.step));
    statement.exchange(use(row.attempt));
    statement.exchange(use(row.actor));
    statement.exchange(use(row.data));
  }
  statement.alloc();
  statement.prepare(insert_of(count));
  statement.define_and_bind();
}

void HistoryInsert::Insert::run(std::span<const Waiting> waiting) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [execution, row] = waiting[i];
    Bound& bound = rows[i];
    bound.execution = execution;
    bound.position = static_cast<long long>(row->position);
    bound.epoch = static_cast<long long>(row->epoch);
    bound.at = to_millis(row->at);
    bound.kind = row->kind;
    bound.version = row->version;
    bound.step = row->step;
    bound.attempt = row->attempt;
    bound.actor = row->actor;
    bound.data = row->data;
  }
  statement.execute(true);
  for (auto& bound : rows) {
    if (bound.data.capacity() > kKeptMax) bound.data = std::string();
  }
}

HistoryInsert::HistoryInsert(soci::session& session) {
  for (const std::size_t rows : {32, 8, 2, 1}) inserts_.push_back(std::make_unique<Insert>(session, rows));
}

void HistoryInsert::add(std::string_view execution, std::span<const ports::HistoryRow> rows) {
  for (const auto& row : rows) waiting_.push_back({std::string(execution), &row});
}

void HistoryInsert::write() {
  std::span<const Waiting> rest = waiting_;
  for (const auto& insert : inserts_) {
    for (const std::size_t rows = insert->rows.size(); rest.size() >= rows; rest = rest.subspan(rows)) {
      insert->run(rest.first(rows));
    }
  }
  waiting_.clear();
}

}  // namespace skald::storage
