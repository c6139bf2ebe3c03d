// A disk that fails, lies and loses power, for the tests: an LD_PRELOAD library between a program and chosen files.
//
// The environment names the files and the page that commands it:
//   DISK_FAULTS_FILES    a path; it and what begins with it and a '-' are struck ("skald.db", "skald.db-wal"), but for
//   "-shm" DISK_FAULTS_CONTROL  a file of at least sizeof(struct control) bytes, mapped into memory on both sides
//   DISK_FAULTS_LOG      where every write is recorded, for disk.py to lose what was not synced; none where it is unset
//
// A write fails as a whole and leaves the file as it was. Where the log is on, syncing means a record of it and no
// more. Life cycle: with the process. Thread rule: any thread; one lock makes the order of the log that of the file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

// Millionths of all calls. Numbers that the test writes come first, those that it reads last.
struct control {
  int64_t write_errno, write_millionths;
  int64_t sync_errno, sync_millionths;
  int64_t sync_lies_millionths;  // says done and does nothing
  int64_t sync_micros;           // how long syncing takes at least
  int64_t free_bytes;            // what statvfs tells; -1: the truth
  _Atomic int64_t writes_failed, syncs_failed, syncs_lied, writes, syncs;
};

// Of the log: followed by `size` bytes of data for a write, of a path for the others.
enum kind { kWrite = 1, kTruncate = 2, kSync = 3, kUnlink = 4 };
struct record {
  int64_t kind, name_size, offset, size;
};

enum { kFilesMax = 4096 };

static struct control* control;
static const char* files;
static int log_file = -1;
static char* paths[kFilesMax];  // of the descriptors that are struck
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local uint64_t random_state;

static void* next_of(const char* name) {
  return dlsym(RTLD_NEXT, name);
}

#define REAL(name) ((__typeof__(&name))next_of(#name))

__attribute__((constructor)) static void begin(void) {
  files = getenv("DISK_FAULTS_FILES");
  const char* page = getenv("DISK_FAULTS_CONTROL");
  if (!files || !page) return;
  const int file = REAL(open64)(page, O_RDWR | O_CLOEXEC);
  if (file < 0) abort();
  control = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (control == MAP_FAILED) abort();
  const char* log = getenv("DISK_FAULTS_LOG");
  if (log) log_file = REAL(open64)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log && log_file < 0) abort();
}

static int is_struck(const char* path) {
  if (!control || !path) return 0;
  const size_t size = strlen(files);
  if (strncmp(path, files, size) != 0) return 0;
  return path[size] == '\0' || (path[size] == '-' && strcmp(path + size, "-shm") != 0);
}

static void remember(int file, const char* path) {
  if (file < 0 || file >= kFilesMax || !is_struck(path)) return;
  paths[file] = strdup(path);
}

static const char* struck(int file) {
  return file >= 0 && file < kFilesMax ? paths[file] : NULL;
}

// xorshift64 (Marsaglia 2003).
static int happens(int64_t millionths) {
  if (millionths <= 0) return 0;
  if (random_state == 0) random_state = (uintptr_t)&random_state ^ ((uint64_t)getpid() << 32);
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (int64_t)(random_state % 1000000) < millionths;
}

static void note(int64_t kind, const char* path, int64_t offset, const void* data, int64_t size) {
  if (log_file < 0) return;
  struct record head = {kind, (int64_t)strlen(path), offset, size};
  const struct iovec parts[] = {
      {&head, sizeof head}, {(void*)path, (size_t)head.name_size}, {(void*)data, data ? (size_t)size : 0}};
  const ssize_t whole = (ssize_t)(sizeof head + parts[1].iov_len + parts[2].iov_len);
  if (REAL(writev)(log_file, parts, 3) != whole) abort();
}

static int write_fails(void) {
  if (!happens(control->write_millionths)) {
    ++control->writes;
    return 0;
  }
  ++control->writes_failed;
  errno = (int)control->write_errno;
  return 1;
}

static int open_any(const char* name, const char* path, int flags, mode_t mode) {
  int (*real)(const char*, int, ...) = (int (*)(const char*, int, ...))next_of(name);
  const int file = real(path, flags, mode);
  remember(file, path);
  return file;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_any("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_any("open64", path, flags, mode);
}

int close(int file) {
  if (struck(file)) {
    free(paths[file]);
    paths[file] = NULL;
  }
  return REAL(close)(file);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  const char* path = struck(file);
  if (!path) return REAL(pwrite64)(file, data, size, offset);
  if (write_fails()) return -1;
  pthread_mutex_lock(&mutex);
  note(kWrite, path, offset, data, (int64_t)size);
  const ssize_t written = REAL(pwrite64)(file, data, size, offset);
  pthread_mutex_unlock(&mutex);
  return written;
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  return pwrite64(file, data, size, offset);
}

ssize_t write(int file, const void* data, size_t size) {
  if (!struck(file)) return REAL(write)(file, data, size);
  const ssize_t written = pwrite64(file, data, size, lseek64(file, 0, SEEK_CUR));
  if (written > 0) lseek64(file, written, SEEK_CUR);
  return written;
}

int ftruncate64(int file, off64_t size) {
  const char* path = struck(file);
  if (!path) return REAL(ftruncate64)(file, size);
  pthread_mutex_lock(&mutex);
  note(kTruncate, path, size, NULL, 0);
  const int result = REAL(ftruncate64)(file, size);
  pthread_mutex_unlock(&mutex);
  return result;
}

static int sync_any(const char* name, int file) {
  const char* path = struck(file);
  int (*real)(int) = (int (*)(int))next_of(name);
  if (!path) return real(file);
  if (control->sync_micros > 0) usleep((useconds_t)control->sync_micros);
  if (happens(control->sync_millionths)) {
    ++control->syncs_failed;
    errno = (int)control->sync_errno;
    return -1;
  }
  if (happens(control->sync_lies_millionths)) {
    ++control->syncs_lied;
    return 0;
  }
  ++control->syncs;
  if (log_file < 0) return real(file);
  pthread_mutex_lock(&mutex);
  note(kSync, path, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
  return 0;
}

int fsync(int file) {
  return sync_any("fsync", file);
}

int fdatasync(int file) {
  return sync_any("fdatasync", file);
}

int unlink(const char* path) {
  const int result = REAL(unlink)(path);
  if (result == 0 && is_struck(path)) {
    pthread_mutex_lock(&mutex);
    note(kUnlink, path, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
  }
  return result;
}

static int is_below(const char* path) {
  return control && control->free_bytes >= 0 && is_struck(path);
}

int statvfs(const char* path, struct statvfs* status) {
  const int result = REAL(statvfs)(path, status);
  if (result == 0 && is_below(path)) {
    status->f_bavail = (fsblkcnt_t)control->free_bytes / status->f_frsize;
    status->f_bfree = status->f_bavail;
  }
  return result;
}
