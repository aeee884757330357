"""An account's requests to the gateway: login, messages, friends, inbox."""
