"""Typed replies about people: who is online (Query_Stat, Finger) and their profiles (GetInfo).

People write their own profiles, so a number may be malformed; it is then None. A reply raises only
if RES is missing or a UIN is not a number.

Source: the reference's second write-up, sections (3) and (4).
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
        uin: UN.
        status: ST, see :class:`~qqhttp.enums.Status`; None if unknown.
        face: FC; the number of its picture file is :attr:`face_file`.
        nickname: NK.
    """

    uin: int
    status: int | None
    face: int | None
    nickname: str

    @property
    def face_file(self) -> int | None:
        """The number of the face's picture file."""
        return None if self.face is None else face_file(self.face)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStatReply(Reply):
    """The reply to Query_Stat, and to Finger, whose reply is not in the reference.

    Attributes:
        presences: the friends who are online, in the gateway's order.
        count: SN; None if unknown.
    """

    presences: tuple[Presence, ...] = ()
    count: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply. UN gives the people; lists of another length count as unknown."""
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
    """The reply to GetInfo. A field that the level does not include is None or an empty text.

    LV=0 and 1 have `uin` and `nickname`, LV=2 adds `address` to `sex`, LV=3 and more add the rest.
    Numbers that are not in the reference are kept as plain integers.
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
        """Return the typed reply, of any level."""
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
        """The number of the face's picture file."""
        return None if self.face is None else face_file(self.face)
