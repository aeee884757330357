"""The waiting reasons, reports and exports of runs."""
