"""The thread of a conversation: what both wrote, in one order."""
