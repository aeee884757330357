"""What operators do with a conversation besides answering."""
