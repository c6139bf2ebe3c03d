#include "storage/postgres_inbox.hpp"

#include <soci/soci.h>

#include "storage/dialect.hpp"
#include "storage/postgres_clock.hpp"
#include "storage/postgres_notices.hpp"
#include "storage/reopened_session.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

class PostgresInbox final : public Inbox {
 public:
  PostgresInbox(const Dialect& dialect, PostgresNotices& notices) : session_(dialect, "the inbox"), notices_(notices) {}

  Result<std::uint64_t> post(const ExecutionId& execution, const std::string& command) override {
    return session_.run([&](soci::session& session) -> Result<std::uint64_t> {
      const std::string id = to_string(execution);
      const int shard = static_cast<int>(shard_of(execution));
      long long number = 0;
      session << "INSERT INTO inbox (execution, shard, command, at) VALUES (:execution, :shard, :command, "
              << kPostgresNow << ") RETURNING id",
          soci::use(id), soci::use(shard), soci::use(command), soci::into(number);
      session << "NOTIFY " << kInboxChannel;
      return static_cast<std::uint64_t>(number);
    });
  }

  Result<std::vector<InboxCommand>> list(const ShardSet& shards, std::size_t limit) override {
    return session_.run([&](soci::session& session) -> Result<std::vector<InboxCommand>> {
      long long number = 0;
      std::string id, command;
      soci::statement statement =
          (session.prepare << "SELECT id, execution, command FROM inbox WHERE answer IS NULL AND shard IN ("
                           << sql_list_of(shards) << ") ORDER BY id LIMIT " << limit,
           soci::into(number), soci::into(id), soci::into(command));
      std::vector<InboxCommand> found;
      for (bool more = statement.execute(true); more; more = statement.fetch()) {
        found.push_back({static_cast<std::uint64_t>(number), id_from_text(id), command});
      }
      return found;
    });
  }

  Result<void> answer(std::uint64_t number, const std::string& answer) override {
    return session_.run([&](soci::session& session) -> Result<void> {
      const auto id = static_cast<long long>(number);
      session << "UPDATE inbox SET answer = :answer WHERE id = :id AND answer IS NULL", soci::use(answer),
          soci::use(id);
      return {};
    });
  }

  Result<std::optional<std::string>> take_answer(std::uint64_t number) override {
    return session_.run([&](soci::session& session) -> Result<std::optional<std::string>> {
      const auto id = static_cast<long long>(number);
      std::string answer;
      session << "DELETE FROM inbox WHERE id = :id AND answer IS NOT NULL RETURNING answer", soci::use(id),
          soci::into(answer);
      if (!session.got_data()) return std::nullopt;
      return answer;
    });
  }

  void notify(std::function<void()> posted) override { notices_.tell(kInboxChannel, std::move(posted)); }

 private:
  ReopenedSession session_;
  PostgresNotices& notices_;
};

}  // namespace

std::unique_ptr<Inbox> make_postgres_inbox(const Dialect& dialect, PostgresNotices& notices) {
  return std::make_unique<PostgresInbox>(dialect, notices);
}

}  // namespace skald::storage
