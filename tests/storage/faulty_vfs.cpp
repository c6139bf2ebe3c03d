#include "tests/storage/faulty_vfs.hpp"

#include <sqlite3.h>

#include <atomic>

namespace skald::storage::test {
namespace {

std::atomic<int> write_answer = SQLITE_OK;
std::atomic<int> sync_answer = SQLITE_OK;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs faulty_vfs;

// Files of one kind share a table of methods; the database's locks, the others do not.
struct Methods {
  std::atomic<const sqlite3_io_methods*> real = nullptr;
  sqlite3_io_methods faulty{};
};
Methods of_database;
Methods of_others;

const sqlite3_io_methods& real_of(const sqlite3_file* file) {
  return *(file->pMethods == &of_database.faulty ? of_database : of_others).real.load();
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int answer = write_answer.load();
  return answer != SQLITE_OK ? answer : real_of(file).xWrite(file, data, size, offset);
}

int sync_file(sqlite3_file* file, int flags) {
  const int answer = sync_answer.load();
  return answer != SQLITE_OK ? answer : real_of(file).xSync(file, flags);
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int answer = real_vfs->xOpen(real_vfs, name, file, flags, flags_out);
  if (answer != SQLITE_OK || file->pMethods == nullptr) return answer;
  auto& methods = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? of_database : of_others;
  if (methods.real.load() == nullptr) {
    methods.faulty = *file->pMethods;
    methods.faulty.xWrite = write_file;
    methods.faulty.xSync = sync_file;
    methods.real.store(file->pMethods);
  }
  if (file->pMethods == methods.real.load()) file->pMethods = &methods.faulty;
  return answer;
}

}  // namespace

FaultyVfs::FaultyVfs() {
  real_vfs = sqlite3_vfs_find(nullptr);
  faulty_vfs = *real_vfs;
  faulty_vfs.pNext = nullptr;
  faulty_vfs.zName = "faulty";
  faulty_vfs.xOpen = open_file;
  sqlite3_vfs_register(&faulty_vfs, 1);
}

FaultyVfs::~FaultyVfs() {
  heal();
  sqlite3_vfs_unregister(&faulty_vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultyVfs::fill_disk() {
  write_answer = SQLITE_FULL;
}

void FaultyVfs::break_writes() {
  write_answer = SQLITE_IOERR_WRITE;
}

void FaultyVfs::break_syncs() {
  sync_answer = SQLITE_IOERR_FSYNC;
}

void FaultyVfs::heal() {
  write_answer = SQLITE_OK;
  sync_answer = SQLITE_OK;
}

}  // namespace skald::storage::test
