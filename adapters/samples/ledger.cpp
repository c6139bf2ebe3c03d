#include "adapters/samples/ledger.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <mutex>
#include <nlohmann/json.hpp>

namespace skald::samples {

using nlohmann::json;

namespace {

constexpr long long kInitialStock = 1'000'000;
constexpr const char* kSoldOut = "sold-out";

constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, status INTEGER, body TEXT, request_hash TEXT)",
    "CREATE TABLE IF NOT EXISTS tombstones (key TEXT PRIMARY KEY)",
    ("CREATE TABLE IF NOT EXISTS effects (sequence INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT, order_id TEXT,"
     " key TEXT UNIQUE, effect_id TEXT, cents BIGINT, items TEXT, state TEXT)"),
    "CREATE INDEX IF NOT EXISTS effects_order ON effects (order_id)",
    "CREATE TABLE IF NOT EXISTS money (account TEXT PRIMARY KEY, cents BIGINT)",
    "INSERT OR IGNORE INTO money VALUES ('shop', 0), ('customers', 0)",
    "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, available BIGINT, reserved BIGINT)",
};

}  // namespace

struct Ledger::Impl {
  soci::session sql;
  std::mutex mutex;

  void move_money(long long cents) {
    sql << "UPDATE money SET cents = cents + :c WHERE account = 'shop'", soci::use(cents);
    sql << "UPDATE money SET cents = cents - :c WHERE account = 'customers'", soci::use(cents);
  }

  bool reserve(const std::map<std::string, long long>& items) {
    for (const auto& [sku, quantity] : items) {
      const long long initial = sku == kSoldOut ? 0 : kInitialStock;
      sql << "INSERT OR IGNORE INTO stock VALUES (:sku, :initial, 0)", soci::use(sku), soci::use(initial);
      long long available = 0;
      sql << "SELECT available FROM stock WHERE sku = :sku", soci::into(available), soci::use(sku);
      if (available < quantity) return false;
    }
    for (const auto& [sku, quantity] : items) shift(sku, quantity);
    return true;
  }

  void shift(const std::string& sku, long long quantity) {
    sql << "UPDATE stock SET available = available - :q, reserved = reserved + :p WHERE sku = :sku",
        soci::use(quantity), soci::use(quantity), soci::use(sku);
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
  ledger.impl_->mutex.lock();
  ledger.impl_->sql << "BEGIN IMMEDIATE";
}

Ledger::Transaction::~Transaction() {
  try {
    if (open_) ledger_.impl_->sql << "ROLLBACK";
  } catch (const std::exception&) {
    // It was rolled back already.
  }
  ledger_.impl_->mutex.unlock();
}

void Ledger::Transaction::commit() {
  ledger_.impl_->sql << "COMMIT";
  open_ = false;
}

std::optional<Answered> Ledger::answered(const std::string& key) {
  Answered answer;
  impl_->sql << "SELECT status, body, request_hash FROM answers WHERE key = :k", soci::into(answer.status),
      soci::into(answer.body), soci::into(answer.request_hash), soci::use(key);
  return impl_->sql.got_data() ? std::optional(answer) : std::nullopt;
}

void Ledger::remember(const std::string& key, const Answered& answer) {
  impl_->sql << "INSERT OR REPLACE INTO answers VALUES (:k, :s, :b, :h)", soci::use(key), soci::use(answer.status),
      soci::use(answer.body), soci::use(answer.request_hash);
}

bool Ledger::has_tombstone(const std::string& do_key) {
  int count = 0;
  impl_->sql << "SELECT count(*) FROM tombstones WHERE key = :k", soci::into(count), soci::use(do_key);
  return count > 0;
}

void Ledger::put_tombstone(const std::string& do_key) {
  impl_->sql << "INSERT OR IGNORE INTO tombstones VALUES (:k)", soci::use(do_key);
}

bool Ledger::apply(const std::string& service, const std::string& order_id, const std::string& do_key,
                   const std::string& effect_id, long long cents, const std::map<std::string, long long>& items) {
  if (!impl_->reserve(items)) return false;
  impl_->move_money(cents);
  const std::string list = json(items).dump();
  impl_->sql << "INSERT INTO effects (service, order_id, key, effect_id, cents, items, state)"
                " VALUES (:service, :order_id, :key, :effect, :cents, :items, 'standing')",
      soci::use(service), soci::use(order_id), soci::use(do_key), soci::use(effect_id), soci::use(cents),
      soci::use(list);
  return true;
}

int Ledger::undo(const std::string& service, const std::string& order_id, const std::string& do_key) {
  const std::string wanted = do_key.empty() ? "order_id = :v" : "key = :v";
  const std::string& value = do_key.empty() ? order_id : do_key;
  std::vector<std::tuple<long long, long long, std::string>> found;
  long long sequence = 0, cents = 0;
  std::string items;
  soci::statement statement =
      (impl_->sql.prepare << "SELECT sequence, cents, items FROM effects WHERE service = :service AND state ="
                             " 'standing' AND "
                          << wanted,
       soci::into(sequence), soci::into(cents), soci::into(items), soci::use(service), soci::use(value));
  for (bool more = statement.execute(true); more; more = statement.fetch()) found.emplace_back(sequence, cents, items);
  for (const auto& [row, amount, list] : found) {
    impl_->sql << "UPDATE effects SET state = 'undone' WHERE sequence = :s", soci::use(row);
    impl_->move_money(-amount);
    for (const auto& [sku, quantity] : json::parse(list).items()) impl_->shift(sku, -quantity.get<long long>());
  }
  return static_cast<int>(found.size());
}

json Ledger::effects(const std::string& order_id) {
  const std::lock_guard lock(impl_->mutex);
  std::string service, order, key, effect, items, state;
  long long cents = 0;
  const std::string pattern = order_id.empty() ? "%" : order_id;
  soci::statement statement =
      (impl_->sql.prepare << "SELECT service, order_id, key, effect_id, cents, items, state FROM effects"
                             " WHERE order_id LIKE :o ORDER BY sequence",
       soci::into(service), soci::into(order), soci::into(key), soci::into(effect), soci::into(cents),
       soci::into(items), soci::into(state), soci::use(pattern));
  json list = json::array();
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    list.push_back({{"service", service},
                    {"orderId", order},
                    {"key", key},
                    {"id", effect},
                    {"cents", cents},
                    {"items", json::parse(items)},
                    {"state", state}});
  }
  return list;
}

json Ledger::balance() {
  const std::lock_guard lock(impl_->mutex);
  long long shop = 0, customers = 0, charged = 0, wrong_stock = 0, reserved = 0, in_effects = 0;
  impl_->sql << "SELECT cents FROM money WHERE account = 'shop'", soci::into(shop);
  impl_->sql << "SELECT cents FROM money WHERE account = 'customers'", soci::into(customers);
  impl_->sql << "SELECT coalesce(sum(cents), 0) FROM effects WHERE state = 'standing'", soci::into(charged);
  impl_->sql << "SELECT count(*) FROM stock WHERE available + reserved <> CASE sku WHEN 'sold-out' THEN 0 ELSE 1000000"
                " END OR available < 0 OR reserved < 0",
      soci::into(wrong_stock);
  impl_->sql << "SELECT coalesce(sum(reserved), 0) FROM stock", soci::into(reserved);
  impl_->sql << "SELECT coalesce(sum(value), 0) FROM effects, json_each(effects.items) WHERE state = 'standing'",
      soci::into(in_effects);
  const bool balanced = shop == charged && shop + customers == 0 && wrong_stock == 0 && reserved == in_effects;
  return {{"balanced", balanced},
          {"money", {{"shop", shop}, {"customers", customers}, {"charged", charged}}},
          {"stock", {{"reserved", reserved}, {"reservedByOrders", in_effects}, {"wrongSkus", wrong_stock}}}};
}

}  // namespace skald::samples
