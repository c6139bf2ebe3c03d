// Files that fail on demand: SQLite's own, with writes and syncs that can be made to go wrong.
//
// While one lives, databases opened in this process use it. Faults apply to all of them. Any thread.
#pragma once

namespace skald::storage::test {

class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  void fill_disk();     // writes answer SQLITE_FULL
  void break_writes();  // writes answer SQLITE_IOERR_WRITE
  void break_syncs();   // syncs answer SQLITE_IOERR_FSYNC
  void heal();
};

}  // namespace skald::storage::test
