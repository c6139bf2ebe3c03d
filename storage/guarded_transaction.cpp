#include "storage/guarded_transaction.hpp"

#include <soci/soci.h>

#include "storage/dialect.hpp"

namespace skald::storage {

GuardedTransaction::GuardedTransaction(soci::session& session, const Dialect& dialect)
    : session_(session), dialect_(dialect) {
  session_ << dialect.begin_write();
  open_ = true;
}

GuardedTransaction::~GuardedTransaction() {
  if (open_) rollback();
}

void GuardedTransaction::commit() {
  if (doomed_) throw std::logic_error("a transaction that saw an error must not be committed");
  try {
    session_ << "COMMIT";
  } catch (const std::exception& error) {
    if (dialect_.commit_failure_is_definite(error)) throw;
    throw UnknownCommit(message_of(error));
  }
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
