"""The product from outside: a gateway of its own, and only what the documents promise."""
