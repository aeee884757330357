"""From a started run to its deliveries: preflight, preparation, planning, rerouting."""
