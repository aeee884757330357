"""Lists out and in by hand."""

from __future__ import annotations

from import_export.resources import ModelResource

from contacts.models import ContactList


class ContactListResource(ModelResource):
    """Lists by name."""

    class Meta:
        model = ContactList
        fields = ("name", "description", "created_at")
        import_id_fields = ("name",)
        skip_unchanged = True
        report_skipped = False
