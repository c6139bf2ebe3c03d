// What the shop's services own: money, stock, effects (charges, reservations, shipments, messages), tombstones, and
// what was answered under each key. One SQLite file.
//
// Two books are kept, so that balance() can hold one against the other: running totals (accounts, stock), and the
// effects with their state. Thread rule: one thread.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace skald::samples {

struct Answered {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string fingerprint;  // of the request that was answered
};

struct NewEffect {
  std::string service;
  std::string order_id;
  std::string key;
  std::string id;  // shown to the caller: "pay-1f0c..."
  long long cents = 0;
  std::map<std::string, long long> items;  // quantity by SKU
};

class Ledger {
 public:
  // Throws soci::soci_error, as every call does where the file fails.
  explicit Ledger(const std::string& path);
  ~Ledger();

  // Everything of one request happens in one transaction; without commit() nothing of it.
  class Transaction {
   public:
    explicit Transaction(Ledger& ledger);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Ledger& ledger_;
    bool open_ = true;
  };

  std::optional<Answered> answered(const std::string& key);
  void remember(const std::string& key, const Answered& answer);

  // A tombstone refuses a do whose undo was seen. Its name is the key of the do, or service and order.
  bool has_tombstone(const std::string& name);
  void put_tombstone(const std::string& name);

  // The SKU that does not suffice, or nullopt where the effect was applied.
  std::optional<std::string> apply(const NewEffect& effect);
  // Undoes the effect of a key, or with an empty key every standing one of the order. How many those were.
  int undo(const std::string& service, const std::string& order_id, const std::string& do_key);

  // Of an order, or of all where it is empty; in the order of their application.
  nlohmann::json effects(const std::string& order_id);
  // Null where there is none.
  nlohmann::json effect(const std::string& service, const std::string& id);
  // Whether money and stock add up: {"balanced", "money", "stock"}.
  nlohmann::json balance();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::samples
