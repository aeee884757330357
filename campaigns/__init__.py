"""Campaigns: templates, schedules, audiences, planning, run control and reports."""
