"""What an approval is for: the definition with its hash, whether one is needed, who may give it."""
