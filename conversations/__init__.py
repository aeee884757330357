"""Conversations: what people write to the accounts, and the operators who answer them."""
