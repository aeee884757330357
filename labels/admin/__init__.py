"""The console's pages of labels, and what the pages of rows with labels have in common."""

from labels.admin.label import LabelAdmin
from labels.admin.labelled import LabelledMixin

__all__ = ["LabelAdmin", "LabelledMixin"]
