"""The gateway's commands about friends and presence, from the reference alone: (3) to (9)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.black_box.traffic import Request
from tests.black_box.wire_format import number_in

if TYPE_CHECKING:
    from tests.black_box.behaviour import Behaviour

#: What a handler returns for an empty reply.
NULL = None
STATES = ("10", "20", "30", "40")
BRIEF = "NK=甲 好"
NORMAL = (
    "AD=地址&AG=19&EM=a@qq.com&FC=270&HP=-&JB=学生&PC=650000&PH=-&PR=简介&PV=云南&RN=张甲&SC=-&SX=0"
)
FULL = f"{NORMAL}&BT=2&CO=6&CT=昆明&CV=%01&CY=中国&ID=-&MO=-&MT=0&MV=&SH=3"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One item that GetMsgEx handed over: when, to whom, and its MT, UN and MG."""

    at: float
    account: int
    kind: int
    sender: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An Ack_AddToList that the gateway carried out."""

    at: float
    account: int
    to: int
    code: str
    reason: str


@dataclass
class Friendships:
    """What the gateway knows of friends, requests and presence.

    Attributes:
        friends: account -> the UINs of its friends.
        status: account -> its status code.
        answers_to_add: UIN -> the CD that AddToList answers for it; 0 where nothing is said.
        verdicts: the answers to friend requests, and the requests, that were carried out.
        removed: (account, UIN) of each DelFromList.
        online: the friends who are online -> their status code.
        requests: how many requests of each command were not repeats.
    """

    friends: dict[int, list[int]]
    status: dict[int, str] = field(default_factory=dict)
    answers_to_add: dict[int, str] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    removed: list[tuple[int, int]] = field(default_factory=list)
    online: dict[int, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    _seqs: dict[tuple[int, str], str] = field(default_factory=dict)
    _begun: set[tuple[int, int]] = field(default_factory=set)

    async def answer(self, request: Request, uin: int, behaviour: Behaviour) -> str | None:
        """Return the reply to a command about friends; NULL for another command."""
        handler = _HANDLERS.get(request.command)
        if handler is None:
            return NULL
        key = uin, request.text("SEQ")
        if key in self._seqs:  # a repeat is answered again and not carried out again
            return self._seqs[key]
        reply = handler(self, request, uin)
        self.requests[request.command] += 1
        if reply == "RES=3":
            await asyncio.sleep(behaviour.penalty)
        elif reply is not NULL:
            self._seqs[key] = reply
        return reply

    def _query_stat(self, request: Request, uin: int) -> str | None:
        if not number_in(request.text("TN") or "x"):
            return NULL
        online = [one for one in self.friends[uin] if one in self.online]
        columns = {
            "FC": ["270"] * len(online),
            "ST": [self.online[one] for one in online],
            "UN": [str(one) for one in online],
            "NK": [f"昵称{one}" for one in online],
        }
        lists = {key: "".join(f"{value}," for value in values) for key, values in columns.items()}
        return (
            f"RES=0&FC={lists['FC']}&FN=1&SN={len(online)}&ST={lists['ST']}"
            f"&UN={lists['UN']}&NK={lists['NK']}"
        )

    def _get_info(self, request: Request, _uin: int) -> str | None:
        level = number_in(request.text("LV"))
        if level is None or number_in(request.text("UN")) is None:
            return NULL
        more = "" if level < 2 else f"{NORMAL}&" if level == 2 else f"{FULL}&"
        return f"RES=0&{more}LV={level}&UN={request.text('UN')}&{BRIEF}"

    def _change_stat(self, request: Request, uin: int) -> str | None:
        if request.text("ST") not in STATES:
            return NULL
        self.status[uin] = request.text("ST")
        return "RES=0&"

    def _add(self, request: Request, uin: int) -> str | None:
        to = number_in(request.text("UN"))
        if to is None:
            return NULL
        code = self.answers_to_add.get(to, "0")
        if code == "0" and to not in self.friends[uin]:
            self.friends[uin].append(to)
        return f"RES=0&CD={code}&UN={to}"

    def _acknowledge(self, request: Request, uin: int) -> str | None:
        to, code = number_in(request.text("UN")), request.text("CD")
        if to is None or number_in(code) is None:
            return NULL
        if int(code) >= 3:
            return "RES=3"
        if code == "2":
            # It has to be sent twice: the first is answered RES=3 and lost.
            if (uin, to) not in self._begun:
                self._begun.add((uin, to))
                return "RES=3"
            self._begun.discard((uin, to))
        elif code == "0" and to not in self.friends[uin]:
            self.friends[uin].append(to)
        self.verdicts.append(Verdict(request.at, uin, to, code, request.text("RS")))
        return "RES=0&"

    def _remove(self, request: Request, uin: int) -> str | None:
        to = number_in(request.text("UN"))
        if to is None:
            return NULL
        if to in self.friends[uin]:
            self.friends[uin].remove(to)
        self.removed.append((uin, to))
        return "RES=0&"

    def _find(self, request: Request, uin: int) -> str | None:
        found = [one for one in self.friends[uin] if one in self.online][:3]
        uins = "".join(f"{one}," for one in found)
        return f"RES=0&FC=&FN=1&SN={len(found)}&ST=&UN={uins}&NK="


_HANDLERS: dict[str, Callable[[Friendships, Request, int], str | None]] = {
    "query_stat": Friendships._query_stat,
    "getinfo": Friendships._get_info,
    "change_stat": Friendships._change_stat,
    "addtolist": Friendships._add,
    "ack_addtolist": Friendships._acknowledge,
    "delfromlist": Friendships._remove,
    "finger": Friendships._find,
}
