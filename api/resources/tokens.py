"""The tokens of the user who asks. A token issues none: a page and a command do."""

from __future__ import annotations

from api.models import Token
from api.pipeline.operation import Answer, Call, Operation, Parameter
from api.scopes import Scope
from api.tokens.data import token_data
from api.tokens.issue import LONGEST_NAME, find_token, revoke_token

_NAME = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}


def _list(call: Call) -> Answer:
    rows = Token.objects.filter(user=call.user).select_related("user")[:1000]
    return Answer({"items": [token_data(one) for one in rows], "next": None})


def _revoke(call: Call) -> Answer:
    token = find_token(user=call.user, name=call.values["name"])
    revoke_token(token=token)
    token.refresh_from_db()
    return Answer(token_data(token))


OPERATIONS = (
    Operation("GET", "tokens", "List one's own tokens", _list, Scope.READ),
    Operation(
        "DELETE", "tokens/{name}", "Revoke a token of one's own", _revoke, Scope.WRITE,
        read_parameters=lambda: (Parameter("name", _NAME, "path", True, "the token"),),
    ),
)  # fmt: skip
