"""Date and time formats for Simplified Chinese, the same as on the console's own pages."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "Y-m-d H:i:s"
SHORT_DATE_FORMAT = DATE_FORMAT
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
# 12,345 as in China's own tools. Django's Chinese has no separator, and sentences have a comma.
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
