// One piece of memory for the one operation of a kind that a connection has under way, so that a request costs no heap
// allocation. Larger or overlapping needs go to the heap. Thread rule: one loop.
#pragma once

#include <cstddef>
#include <new>

namespace skald::adapters {

class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (in_use_ || size > sizeof(storage_)) return ::operator new(size);
    in_use_ = true;
    return storage_;
  }

  void deallocate(void* pointer) {
    if (pointer != storage_) return ::operator delete(pointer);
    in_use_ = false;
  }

 private:
  alignas(std::max_align_t) std::byte storage_[256];
  bool in_use_ = false;
};

// The allocator that hands HandlerMemory to Asio (boost::asio::bind_allocator).
template <class T>
struct HandlerAllocator {
  using value_type = T;

  explicit HandlerAllocator(HandlerMemory& memory_of_owner) : memory(&memory_of_owner) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U>& other) : memory(other.memory) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory->allocate(count * sizeof(T))); }
  void deallocate(T* pointer, std::size_t) { memory->deallocate(pointer); }

  template <class U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory == other.memory;
  }

  HandlerMemory* memory;
};

}  // namespace skald::adapters
