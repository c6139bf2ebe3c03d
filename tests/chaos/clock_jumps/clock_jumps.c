// A system clock that jumps, for the tests: an LD_PRELOAD library. CLOCK_JUMPS names a file of one number of eight
// bytes, the seconds by which the clock is wrong, mapped into memory on both sides. Other clocks stay right.
//
// Not libfaketime: it looks its functions up when first called, which allocates, and jemalloc asks for the time.
// Life cycle: with the process. Thread rule: any thread.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t* wrong_by;

__attribute__((constructor)) static void begin(void) {
  const char* page = getenv("CLOCK_JUMPS");
  if (!page) return;
  const int file = open(page, O_RDONLY | O_CLOEXEC);
  if (file < 0) abort();
  void* memory = mmap(NULL, sizeof *wrong_by, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) abort();
  close(file);
  wrong_by = memory;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && wrong_by && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *wrong_by;
  return (int)result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0) return (time_t)-1;
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
