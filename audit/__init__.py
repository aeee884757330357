"""The audit trail: who changed what, when and from where, and who took data out."""
