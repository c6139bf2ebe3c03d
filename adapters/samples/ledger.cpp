#include "adapters/samples/ledger.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace skald::samples {

using nlohmann::json;

namespace {

// Of every SKU there is this much at first, of this one nothing.
constexpr long long kInitialStock = 1'000'000;
constexpr const char* kSoldOut = "sold-out";

constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, status INTEGER NOT NULL, content_type TEXT NOT NULL,"
    " body TEXT NOT NULL, fingerprint TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tombstones (name TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS effects (sequence INTEGER PRIMARY KEY, service TEXT NOT NULL, order_id TEXT NOT NULL,"
    " key TEXT NOT NULL UNIQUE, id TEXT NOT NULL, cents BIGINT NOT NULL, items TEXT NOT NULL, undone BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS effects_order ON effects (order_id)",
    "CREATE INDEX IF NOT EXISTS effects_id ON effects (id)",
    "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents BIGINT NOT NULL) WITHOUT ROWID",
    "INSERT OR IGNORE INTO accounts VALUES ('shop', 0), ('customers', 0)",
    "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, initial BIGINT NOT NULL, available BIGINT NOT NULL,"
    " reserved BIGINT NOT NULL) WITHOUT ROWID",
};

constexpr const char* kEffectColumns = "SELECT service, order_id, key, id, cents, items, undone FROM effects";

// Runs a query for effects and turns its rows into JSON.
class EffectRows {
 public:
  EffectRows(soci::session& sql, const std::string& query, const std::vector<std::string>& values) {
    soci::statement statement(sql);
    statement.exchange(soci::into(service_));
    statement.exchange(soci::into(order_));
    statement.exchange(soci::into(key_));
    statement.exchange(soci::into(id_));
    statement.exchange(soci::into(cents_));
    statement.exchange(soci::into(items_));
    statement.exchange(soci::into(undone_));
    for (const auto& value : values) statement.exchange(soci::use(value));
    statement.alloc();
    statement.prepare(query);
    statement.define_and_bind();
    for (bool more = statement.execute(true); more; more = statement.fetch()) append();
  }

  json rows = json::array();

 private:
  void append() {
    rows.push_back({{"service", service_},
                    {"orderId", order_},
                    {"key", key_},
                    {"id", id_},
                    {"cents", cents_},
                    {"items", json::parse(items_)},
                    {"state", undone_ != 0 ? "undone" : "standing"}});
  }

  std::string service_, order_, key_, id_, items_;
  long long cents_ = 0, undone_ = 0;
};

}  // namespace

struct Ledger::Impl {
  soci::session sql;

  void move_money(long long cents) {
    sql << "UPDATE accounts SET cents = cents + CASE name WHEN 'shop' THEN :c ELSE -:d END", soci::use(cents),
        soci::use(cents);
  }

  std::optional<std::string> reserve(const std::map<std::string, long long>& items) {
    for (const auto& [sku, quantity] : items) {
      const long long initial = sku == kSoldOut ? 0 : kInitialStock;
      sql << "INSERT OR IGNORE INTO stock VALUES (:sku, :initial, :available, 0)", soci::use(sku), soci::use(initial),
          soci::use(initial);
      long long available = 0;
      sql << "SELECT available FROM stock WHERE sku = :sku", soci::into(available), soci::use(sku);
      if (available < quantity) return sku;
    }
    for (const auto& [sku, quantity] : items) shift(sku, quantity);
    return std::nullopt;
  }

  void shift(const std::string& sku, long long quantity) {
    sql << "UPDATE stock SET available = available - :q, reserved = reserved + :p WHERE sku = :sku",
        soci::use(quantity), soci::use(quantity), soci::use(sku);
  }

  long long number(const std::string& query) {
    long long value = 0;
    sql << query, soci::into(value);
    return value;
  }
};

Ledger::Ledger(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->sql.open(soci::sqlite3, "dbname=\"" + path + "\"");
  // The samples are props: what they own may be lost with the machine, not with the process.
  impl_->sql << "PRAGMA journal_mode = WAL";
  impl_->sql << "PRAGMA synchronous = OFF";
  for (const char* statement : kTables) impl_->sql << statement;
}

Ledger::~Ledger() = default;

Ledger::Transaction::Transaction(Ledger& ledger) : ledger_(ledger) {
  ledger.impl_->sql << "BEGIN IMMEDIATE";
}

Ledger::Transaction::~Transaction() {
  try {
    if (open_) ledger_.impl_->sql << "ROLLBACK";
  } catch (const std::exception&) {
    // It was rolled back already.
  }
}

void Ledger::Transaction::commit() {
  ledger_.impl_->sql << "COMMIT";
  open_ = false;
}

std::optional<Answered> Ledger::answered(const std::string& key) {
  Answered answer;
  impl_->sql << "SELECT status, content_type, body, fingerprint FROM answers WHERE key = :k", soci::into(answer.status),
      soci::into(answer.content_type), soci::into(answer.body), soci::into(answer.fingerprint), soci::use(key);
  return impl_->sql.got_data() ? std::optional(std::move(answer)) : std::nullopt;
}

void Ledger::remember(const std::string& key, const Answered& answer) {
  impl_->sql << "INSERT INTO answers VALUES (:k, :s, :c, :b, :f)", soci::use(key), soci::use(answer.status),
      soci::use(answer.content_type), soci::use(answer.body), soci::use(answer.fingerprint);
}

bool Ledger::has_tombstone(const std::string& name) {
  int count = 0;
  impl_->sql << "SELECT count(*) FROM tombstones WHERE name = :n", soci::into(count), soci::use(name);
  return count > 0;
}

void Ledger::put_tombstone(const std::string& name) {
  impl_->sql << "INSERT OR IGNORE INTO tombstones VALUES (:n)", soci::use(name);
}

std::optional<std::string> Ledger::apply(const NewEffect& effect) {
  if (auto missing = impl_->reserve(effect.items)) return missing;
  if (effect.cents != 0) impl_->move_money(effect.cents);
  const std::string items = json(effect.items).dump();
  impl_->sql << "INSERT INTO effects (service, order_id, key, id, cents, items, undone)"
                " VALUES (:service, :order_id, :key, :id, :cents, :items, 0)",
      soci::use(effect.service), soci::use(effect.order_id), soci::use(effect.key), soci::use(effect.id),
      soci::use(effect.cents), soci::use(items);
  return std::nullopt;
}

int Ledger::undo(const std::string& service, const std::string& order_id, const std::string& do_key) {
  const std::string& value = do_key.empty() ? order_id : do_key;
  const std::string query = std::string(kEffectColumns) + " WHERE service = :s AND undone = 0 AND " +
                            (do_key.empty() ? "order_id = :v" : "key = :v");
  const json found = EffectRows(impl_->sql, query, {service, value}).rows;
  for (const auto& effect : found) {
    const auto key = effect["key"].get<std::string>();
    impl_->sql << "UPDATE effects SET undone = 1 WHERE key = :k", soci::use(key);
    if (const auto cents = effect["cents"].get<long long>(); cents != 0) impl_->move_money(-cents);
    for (const auto& [sku, quantity] : effect["items"].items()) impl_->shift(sku, -quantity.get<long long>());
  }
  return static_cast<int>(found.size());
}

json Ledger::effects(const std::string& order_id) {
  std::string query = kEffectColumns;
  std::vector<std::string> values;
  if (!order_id.empty()) {
    query += " WHERE order_id = :o";
    values.push_back(order_id);
  }
  return EffectRows(impl_->sql, query + " ORDER BY sequence", values).rows;
}

json Ledger::effect(const std::string& service, const std::string& id) {
  const EffectRows found(impl_->sql, std::string(kEffectColumns) + " WHERE service = :s AND id = :i", {service, id});
  return found.rows.empty() ? json() : found.rows.front();
}

json Ledger::balance() {
  const long long shop = impl_->number("SELECT cents FROM accounts WHERE name = 'shop'");
  const long long customers = impl_->number("SELECT cents FROM accounts WHERE name = 'customers'");
  const long long charged = impl_->number("SELECT coalesce(sum(cents), 0) FROM effects");
  const long long refunded = impl_->number("SELECT coalesce(sum(cents), 0) FROM effects WHERE undone = 1");
  const long long wrong_stock = impl_->number(
      "SELECT count(*) FROM stock WHERE available + reserved <> initial OR available < 0 OR reserved < 0");
  const long long reserved = impl_->number("SELECT coalesce(sum(reserved), 0) FROM stock");
  // By SKU: what the stock calls reserved against what the standing reservations hold.
  const long long wrong_reserved = impl_->number(
      "SELECT count(*) FROM stock LEFT JOIN (SELECT l.key AS held_sku, sum(l.value) AS held FROM effects,"
      " json_each(effects.items) AS l WHERE undone = 0 GROUP BY l.key) ON held_sku = sku"
      " WHERE reserved <> coalesce(held, 0)");
  const bool money_adds_up = shop == charged - refunded && shop + customers == 0;
  const bool stock_adds_up = wrong_stock == 0 && wrong_reserved == 0;
  return {{"balanced", money_adds_up && stock_adds_up},
          {"money",
           {{"addsUp", money_adds_up},
            {"shopCents", shop},
            {"customersCents", customers},
            {"chargedCents", charged},
            {"refundedCents", refunded}}},
          {"stock",
           {{"addsUp", stock_adds_up},
            {"reserved", reserved},
            {"wrongTotals", wrong_stock},
            {"wrongReservations", wrong_reserved}}}};
}

}  // namespace skald::samples
