"""Model tests: the real engine against a model of the gateway, in virtual time."""
