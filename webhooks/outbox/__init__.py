"""The outbox: events are written down in the transaction of the change that they tell of."""
