"""The types that an attribute can have, as operators choose them."""

from django.utils.translation import gettext_lazy as _

#: (written form, label), with the orders of dates.
TYPE_CHOICES = [
    ("text", _("plain text")),
    ("number", _("a number")),
    ("yes_no", _("yes or no")),
    ("date", _("a date")),
    ("date:ymd", _("date: 26/3/1 is 1 March 2026")),
    ("date:dmy", _("date: 1/3/26 is 1 March 2026")),
    ("date:mdy", _("date: 3/1/26 is 1 March 2026")),
]
