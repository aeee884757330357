"""How dates are written: to the second, sortable by eye, the same in every language."""
