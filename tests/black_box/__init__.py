"""Black-box tests: the product with a gateway of their own, against what the documents promise."""
