"""Typed replies about people: who is online (Query_Stat, Finger) and who they are (GetInfo).

What the gateway tells about people was once typed in by them, so nothing here depends on it: an odd
number is None, and only a reply without a RES, or with a UIN that is none, raises.

Source: the reference's second write-up, section (3) and (4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from qqhttp.codec import Fields, aligned, optional_integer
from qqhttp.enums import BloodType, Constellation, Sex, Zodiac, face_file, known
from qqhttp.replies import Reply, res_of


@dataclass(frozen=True, slots=True)
class Presence:
    """One friend who is online.

    Attributes:
        uin: who.
        status: ST, see :class:`~qqhttp.enums.Status`; None if not told.
        face: FC; the picture's file is :attr:`face_file`.
        nickname: NK.
    """

    uin: int
    status: int | None
    face: int | None
    nickname: str

    @property
    def face_file(self) -> int | None:
        """Return the number of the face's picture."""
        return None if self.face is None else face_file(self.face)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStatReply(Reply):
    """The answer to Query_Stat, and to Finger, whose reply the reference does not show.

    Attributes:
        presences: who is online, in the gateway's order.
        count: SN; None if not told.
    """

    presences: tuple[Presence, ...] = ()
    count: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply; UN says who, and what does not fit to it is left empty."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        uins = fields.integers_of("UN")
        statuses, faces, nicknames = (
            aligned(fields.items_of(key), len(uins)) for key in ("ST", "FC", "NK")
        )
        presences = tuple(
            Presence(uin, optional_integer(status), optional_integer(face), nickname)
            for uin, status, face, nickname in zip(uins, statuses, faces, nicknames, strict=True)
        )
        return cls(res=res, fields=fields, presences=presences, count=fields.lenient_integer("SN"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInfoReply(Reply):
    """The answer to GetInfo. A field is None (a text: empty) where the level does not bring it.

    LV 0 and 1 bring `uin` and `nickname`; LV 2 adds address to sex; LV 3 and more adds the rest.
    Numbers that the reference does not list are kept as plain integers.
    """

    level: int | None = None
    uin: int | None = None
    nickname: str = ""
    address: str = ""
    age: int | None = None
    email: str = ""
    face: int | None = None
    homepage: str = ""
    occupation: str = ""
    postcode: str = ""
    phone: str = ""
    profile: str = ""
    province: str = ""
    real_name: str = ""
    school: str = ""
    sex: int | None = None
    blood_type: int | None = None
    constellation: int | None = None
    city: str = ""
    country: str = ""
    mobile: str = ""
    zodiac: int | None = None
    unknown_cv: str = ""
    unknown_id: str = ""
    unknown_mt: str = ""
    unknown_mv: str = ""

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply of any level."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        return cls(
            res=res,
            fields=fields,
            level=fields.lenient_integer("LV"),
            uin=fields.lenient_integer("UN"),
            nickname=fields.text("NK"),
            address=fields.text("AD"),
            age=fields.lenient_integer("AG"),
            email=fields.text("EM"),
            face=fields.lenient_integer("FC"),
            homepage=fields.text("HP"),
            occupation=fields.text("JB"),
            postcode=fields.text("PC"),
            phone=fields.text("PH"),
            profile=fields.text("PR"),
            province=fields.text("PV"),
            real_name=fields.text("RN"),
            school=fields.text("SC"),
            sex=known(Sex, fields.lenient_integer("SX")),
            blood_type=known(BloodType, fields.lenient_integer("BT")),
            constellation=known(Constellation, fields.lenient_integer("CO")),
            city=fields.text("CT"),
            country=fields.text("CY"),
            mobile=fields.text("MO"),
            zodiac=known(Zodiac, fields.lenient_integer("SH")),
            unknown_cv=fields.text("CV"),
            unknown_id=fields.text("ID"),
            unknown_mt=fields.text("MT"),
            unknown_mv=fields.text("MV"),
        )

    @property
    def face_file(self) -> int | None:
        """Return the number of the face's picture."""
        return None if self.face is None else face_file(self.face)
