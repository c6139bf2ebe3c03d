#include "storage/guarded_transaction.hpp"

#include <soci/soci.h>

#include <stdexcept>

#include "storage/dialect.hpp"

namespace skald::storage {

GuardedTransaction::GuardedTransaction(soci::session& session, const Dialect& dialect) : session_(session) {
  session_ << dialect.begin_write();
  open_ = true;
}

GuardedTransaction::~GuardedTransaction() {
  if (open_) rollback();
}

void GuardedTransaction::commit() {
  if (doomed_) throw std::logic_error("a transaction that saw an error must not be committed");
  session_ << "COMMIT";
  open_ = false;
}

void GuardedTransaction::rollback() noexcept {
  open_ = false;
  try {
    session_ << "ROLLBACK";
  } catch (const std::exception&) {
    // The database has rolled it back already: after a full disk or an I/O error it does so by itself.
  }
}

}  // namespace skald::storage
