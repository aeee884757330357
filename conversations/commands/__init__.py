"""The parts of the command `inbox`."""
