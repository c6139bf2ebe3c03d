// The table `inbox` of a shared PostgreSQL.
#pragma once

#include <memory>

#include "engine/ports/inbox.hpp"

namespace skald::storage {

class Dialect;
class PostgresNotices;

// The dialect and the notices outlive it.
std::unique_ptr<ports::Inbox> make_postgres_inbox(const Dialect& dialect, PostgresNotices& notices);

}  // namespace skald::storage
