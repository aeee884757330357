"""What needs somebody: everything that waits, with its age and one button each."""

from qqcampaign.console.attention.item import AttentionItem
from qqcampaign.console.attention.items import attention_items, sees_own_runs

__all__ = ["AttentionItem", "attention_items", "sees_own_runs"]
