#pragma once

namespace quorate {

// Gives memory that the process has freed back to the system, where the C library keeps it: glibc
// gives back only what lies at the end of its heap, so that one small block can hold all that was
// freed below it. Takes the allocator's locks, and about 1 ms per 10 MB that it gives back: not for
// a thread that somebody waits for. Elsewhere it does nothing.
void ReturnFreeMemory();

}  // namespace quorate
