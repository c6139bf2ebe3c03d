"""A system clock that jumps, for one program: the library clock_jumps.c, told by a page of memory. The monotonic clock goes
on as it is."""
import mmap
import struct
import time
from contextlib import contextmanager

NOTICED = "the system's clock was stepped"
PATIENCE_SECONDS = 3
SECONDS = struct.Struct("<q")


class Clock:
    def __init__(self, library, folder):
        self.library, self.page, self.log = library.resolve(), folder / "clock.page", folder / "server.log"
        self.page.write_bytes(SECONDS.pack(0))
        with open(self.page, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "CLOCK_JUMPS": str(self.page)}

    def noticed(self):
        return self.log.read_text(errors="replace").count(NOTICED)

    @contextmanager
    def jumped(self, seconds):
        """Strikes where the program says that it has noticed. Every process starts with the right time: what a clock did
        while nobody looked, nobody can know."""
        before = self.noticed()
        SECONDS.pack_into(self.memory, 0, seconds)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while self.noticed() == before and time.monotonic() < deadline:
                time.sleep(0.05)
            struck = self.noticed() > before
            yield lambda: struck
        finally:
            SECONDS.pack_into(self.memory, 0, 0)

    def strikes(self):
        return {"clockForward": lambda: self.jumped(7 * 60), "clockFarForward": lambda: self.jumped(26 * 3600),
                "clockBack": lambda: self.jumped(-7 * 60)}
