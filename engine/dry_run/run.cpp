#include "engine/dry_run/run.hpp"

namespace skald::dry_run {

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::kCompleted:
      return "completed";
    case Ending::kCompensated:
      return "compensated";
    case Ending::kCancelled:
      return "cancelled";
    case Ending::kFaulted:
      return "faulted";
    case Ending::kParked:
      return "parked";
    case Ending::kUnfinished:
      return "unfinished";
  }
  return "";
}

std::string_view to_string(Line::Kind kind) {
  switch (kind) {
    case Line::Kind::kCall:
      return "call";
    case Line::Kind::kSettle:
      return "settle";
    case Line::Kind::kUndo:
      return "undo";
    case Line::Kind::kWait:
      return "wait";
    case Line::Kind::kNote:
      return "note";
  }
  return "";
}

}  // namespace skald::dry_run
