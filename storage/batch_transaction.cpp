#include "storage/batch_transaction.hpp"

namespace skald::storage {

std::optional<Error> objection_to(const ports::Append& append) {
  std::uint64_t position = append.expected_position;
  for (const auto& row : append.rows) {
    if (row.position != ++position) {
      return Error{.code = "store.rejected",
                   .message = "the rows do not count on from the expected position",
                   .subject = to_string(append.execution)};
    }
  }
  return std::nullopt;
}

}  // namespace skald::storage
