"""Friend requests: what people ask, and what operators and the accounts' policies answer."""
