"""What time is: a process's own clock, and the clock that all processes share.

`clocks.local` measures and waits inside one process. `clocks.shared` dates what processes tell each
other through the database. Nothing in the engine asks another clock: docs/decisions/0016 says which
part uses which, and `tests/clocks/test_who_asks_a_clock.py` holds it.
"""
