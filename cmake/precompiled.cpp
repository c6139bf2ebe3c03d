// A source for the targets whose headers the others take over; see precompiled.cmake.
