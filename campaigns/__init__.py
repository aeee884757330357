"""Campaigns: what operators define, from texts and audiences to runs, approvals and reports."""
