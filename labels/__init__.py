"""Labels: short coloured names that operators give to accounts, campaigns, lists and templates."""
