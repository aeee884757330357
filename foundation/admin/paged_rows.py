"""The pages of rows inside a form: what is no page is the first one."""

from __future__ import annotations

from typing import Any

from unfold.forms import PaginationInlineFormSet

from foundation.admin.key_fields import is_key


class PagedFormSet(PaginationInlineFormSet):
    """A formset a page at a time; the library counts on any digits of any alphabet."""

    request: Any

    def get_page_num(self) -> int:
        """Return the page that the address or the form asks for."""
        key = self.get_pagination_key()
        for asked in (self.request.GET.get(key), self.request.POST.get(key)):
            if asked and is_key(asked) and int(asked):
                return int(asked)
        return 1
