#include "storage/reopened_session.hpp"

#include <soci/soci.h>

namespace skald::storage {

ReopenedSession::ReopenedSession(const Dialect& dialect, std::string what)
    : dialect_(dialect), what_(std::move(what)) {}

ReopenedSession::~ReopenedSession() = default;

soci::session& ReopenedSession::open() {
  if (!session_) {
    auto session = std::make_unique<soci::session>();
    dialect_.open(*session, true);
    session_ = std::move(session);
  }
  return *session_;
}

Error ReopenedSession::after(const std::exception& error) {
  session_.reset();
  return {.code = "store.unavailable",
          .message = what_ + " could not be seen to",
          .remedy = "see that the database runs",
          .detail = message_of(error)};
}

}  // namespace skald::storage
