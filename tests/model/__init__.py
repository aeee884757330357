"""The model test: the real engine against a model of the gateway, in virtual time."""
