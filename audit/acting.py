"""What other packages call: who acts, and what an act does. See `foundation.acts`.

    with acting(channel=API, user=user, address=client_address(request), verb="campaign start"):
        ...

A request has an act already, opened by the middleware: `acting` inside it completes what is known.
"""

from foundation.acts import (
    API,
    BROWSER,
    COMMAND,
    SYSTEM,
    acting,
    current_act,
    say,
    take_out,
)

__all__ = ["API", "BROWSER", "COMMAND", "SYSTEM", "acting", "current_act", "say", "take_out"]
