// What the shop's services own: money, stock, shipments, messages, and what was answered under each key. SQLite.
//
// Thread rule: any thread; one lock.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace skald::samples {

struct Answered {
  int status = 0;
  std::string body;
  std::string request_hash;
};

class Ledger {
 public:
  // Throws soci::soci_error.
  explicit Ledger(const std::string& path);
  ~Ledger();

  // Everything of one request happens in one transaction.
  class Transaction {
   public:
    explicit Transaction(Ledger& ledger);
    ~Transaction();
    void commit();

   private:
    Ledger& ledger_;
    bool open_ = true;
  };

  std::optional<Answered> answered(const std::string& key);
  void remember(const std::string& key, const Answered& answer);

  bool has_tombstone(const std::string& do_key);
  void put_tombstone(const std::string& do_key);

  // Applies an effect. False where the stock does not suffice.
  bool apply(const std::string& service, const std::string& order_id, const std::string& do_key,
             const std::string& effect_id, long long cents, const std::map<std::string, long long>& items);
  // Undoes the effect of a key, or with an empty key every standing one of the order. How many those were.
  int undo(const std::string& service, const std::string& order_id, const std::string& do_key);

  nlohmann::json effects(const std::string& order_id);
  // Whether money and stock add up.
  nlohmann::json balance();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::samples
