// The process's allocator is jemalloc. Payloads are made on one thread and freed on another, and a burst of executions
// is gone a moment later: jemalloc keeps a cache a thread for both, and gives the pages back.
//
// Read by jemalloc before main(); SKALD_SANITIZE builds keep the allocator of their sanitizer.
extern "C" const char* malloc_conf;  // NOLINT(readability-identifier-naming)
const char* malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:2000,muzzy_decay_ms:0";
