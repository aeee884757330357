"""The two clocks of the engine: a process's own clock, and the clock that all processes share.

`clocks.local` measures and waits inside one process. `clocks.shared` dates what processes exchange
through the database. The engine reads no other clock: docs/decisions/0016 lists which part uses
which, and `tests/clocks/test_who_asks_a_clock.py` checks it.
"""
