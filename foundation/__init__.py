"""What every app of the house stands on: state tables, refusals, the operator's command."""
