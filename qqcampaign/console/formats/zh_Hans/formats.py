"""Formats of dates, times and numbers for Simplified Chinese, as on the console's own pages."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "Y-m-d H:i:s"
SHORT_DATE_FORMAT = DATE_FORMAT
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
# Django's own would write 172800 without a mark; every product in China writes 172,800.
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
