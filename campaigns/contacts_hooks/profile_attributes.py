"""What the gateway told of a contact, as attributes of their own names.

The names begin with `qq_`, so each value says where it is from: an import never means them, and
they never replace what an import said. Texts and segments use them like any attribute.
"""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Profile
from accounts.profiles import register_profile_user
from contacts.models import Contact
from contacts.people.attributes import record_attributes_of
from qqhttp.enums import BloodType, Constellation, Labelled, Sex, Zodiac

PREFIX = "qq_"
#: Column of a profile -> name of the attribute. Addresses and telephones stay in the profile.
_TEXTS = {
    "nickname": "qq_nickname",
    "real_name": "qq_name",
    "country": "qq_country",
    "province": "qq_province",
    "city": "qq_city",
    "occupation": "qq_occupation",
    "school": "qq_school",
}
#: Column -> name, and the reference's words for its numbers.
_WORDS: dict[str, tuple[str, type[Labelled]]] = {
    "sex": ("qq_sex", Sex),
    "blood_type": ("qq_blood_type", BloodType),
    "constellation": ("qq_constellation", Constellation),
    "zodiac": ("qq_zodiac", Zodiac),
}


def attributes_of_profile(profile: Profile) -> dict[str, str]:
    """Return the attributes that a profile gives a contact; what it leaves open has none."""
    found = {name: getattr(profile, column) for column, name in _TEXTS.items()}
    found["qq_age"] = str(profile.age) if profile.age else ""
    for column, (name, labels) in _WORDS.items():
        number = getattr(profile, column)
        found[name] = next((one.zh for one in labels if one == number), "")
    return {name: value for name, value in found.items() if value}


def apply_profiles(profiles: Sequence[Profile]) -> None:
    """Give contacts the attributes of their new profiles."""
    by_uin = {profile.uin: profile for profile in profiles}
    for contact in Contact.objects.select_for_update().filter(uin__in=by_uin).order_by("pk"):
        own = contact.attributes if isinstance(contact.attributes, dict) else {}
        kept = {name: value for name, value in own.items() if not name.startswith(PREFIX)}
        attributes = {**kept, **attributes_of_profile(by_uin[contact.uin])}
        if attributes == own:
            continue
        contact.attributes = attributes
        contact.save(update_fields=["attributes"])
        record_attributes_of(contact=contact)


def register_profile_attributes() -> None:
    """Register this with accounts."""
    register_profile_user(apply_profiles)
