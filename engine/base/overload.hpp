// A visitor of a std::variant out of one function an alternative.
#pragma once

namespace skald {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

}  // namespace skald
