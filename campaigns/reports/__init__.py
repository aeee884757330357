"""The figures of runs, their comparisons, waiting reasons and reports."""
