"""Requests to each open operation of the API: with our names, with the others', with no one's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps
from django.test import Client

from accounts.models import FriendRequest
from accounts.pools import create_pool
from api.messages.send import send_message
from api.models import Message
from api.operations import OPERATIONS
from api.pipeline.operation import Operation
from campaigns.models import Campaign, MessageTemplate, Sequence
from contacts.models import ContactImport, ContactList, Segment
from contacts.suppressions import suppress
from labels.models import Label
from tests.campaigns.factories import make_inbound
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.contacts.people import uploaded
from tests.restrictions.two_tenants import OUR_ACCOUNT, OUR_PERSON, Ours

FRIEND = OUR_PERSON + 1
DEFINITION = "version: 1\nname: loaded\ntext: hi\nlists: [{list}]\naccounts: [{account}]\n"
TABLE = b"uin,name\n44444409,new\n"


@dataclass(frozen=True)
class Names:
    """What the values of parameters are called by one tenant, by the kind of the parameter."""

    campaign: str
    list: str
    segment: str
    template: str
    sequence: str
    label: str
    pool: str
    account: int
    uin: int
    imported: int
    message: int


def our_names(ours: Ours) -> Names:
    """Make what we have besides; return its names. We have no segment and no sequence."""
    create_pool(name="our pool", accounts=[ours.account])
    template = MessageTemplate.objects.create(name="our template", text="our words")
    template.labels.set(ours.contact_list.labels.all())
    make_inbound(ours.account, FRIEND, text="our question")
    FriendRequest.objects.filter(account=ours.account).update(uin=FRIEND)
    suppress(uins=[OUR_PERSON + 7], contact_list=ours.contact_list)
    return Names(
        campaign="our campaign", list="our list", segment="", template="our template",
        sequence="", label="ours", pool="our pool", account=OUR_ACCOUNT, uin=FRIEND,
        imported=_imported(ours.contact_list), message=_message(OUR_ACCOUNT, FRIEND),
    )  # fmt: skip


def their_names(ours: Ours) -> Names:
    """Return the names of what the others have."""
    other = ContactList.objects.exclude(pk=ours.contact_list.pk)[0]
    return Names(
        campaign=_name(Campaign.objects.exclude(pk=ours.campaign.pk)),
        list=other.name,
        segment=_name(Segment.objects),
        template=_name(MessageTemplate.objects.exclude(name="our template")),
        sequence=_name(Sequence.objects),
        label=_name(Label.objects.exclude(name="ours")),
        pool="their pool",
        account=FIRST_ACCOUNT,
        uin=FIRST_UIN + 2,
        imported=_imported(other),
        message=_message(FIRST_ACCOUNT, FIRST_UIN + 2),
    )


def no_names(their: Names) -> Names:
    """Return names of the same form that nothing has."""
    made: dict[str, Any] = {}
    for kind, value in vars(their).items():
        # The last character differs, so that what is proposed instead is the same.
        made[kind] = value + 7_000_000 if isinstance(value, int) else f"{value}x"
    return Names(**made)


#: By the name of a parameter: the kind of what it names, and how it is written.
KINDS: dict[str, tuple[str, str]] = {
    "list": ("list", "{}"),
    "exclude_list": ("list", "{}"),
    "segment": ("segment", "{}"),
    "template": ("template", "{}"),
    "variant_template": ("template", "v={}"),
    "account": ("account", "{}"),
    "pool": ("pool", "{}"),
    "label": ("label", "{}"),
    "add": ("label", "{}"),
    "remove": ("label", "{}"),
    "cap": ("label", "2/7d@label:{}"),
    "once_across": ("campaign", "{}"),
    "audience_of": ("campaign", "{}=sent"),
    "exclude_audience_of": ("campaign", "{}=sent"),
    "campaign": ("campaign", "{}"),
    "uin": ("uin", "{}"),
    "uins": ("uin", "{}"),
    "to": ("uin", "{}"),
}
#: The kind of {name} or {id} in an address, by its resource.
RESOURCES = {
    "campaigns": "campaign", "templates": "template", "pools": "pool", "imports": "imported",
    "messages": "message",
}  # fmt: skip
#: Parameters with which a request of ours is carried out.
GIVEN: dict[str, Mapping[str, Any]] = {
    "POST campaigns": {"name": "a new one", "list": 1, "text": "hi", "account": 1},
    "POST campaigns/{name}/clone": {"new_name": "our clone"},
    "POST campaigns/{name}/test": {"to": 1, "account": 1},
    "POST campaigns/{name}/move-start": {"at": "2090-01-01 10:00"},
    "POST campaigns/{name}/pace": {"per_minute": 5},
    "POST campaigns/{name}/resolve": {"as": "sent", "all": True},
    "POST campaigns/{name}/schedule": {"pause": True},
    "POST campaigns/{name}/choose": {"variant": "a"},
    "POST accounts/stat": {"set": "online"},
    "POST accounts/schedule": {"off": True},
    "POST friends/add": {"account": 1, "why": "asked", "uins": [OUR_PERSON + 2]},
    "POST friends/remove": {"account": 1, "why": "asked"},
    "POST friends/find": {"account": 1, "age": 1, "sex": "female"},
    "POST friends/info": {"account": 1},
    "POST friends/presence": {"account": 1},
    "POST friends/accept": {"account": 1},
    "POST friends/refuse": {"account": 1},
    "POST imports": {"list": 1},
    "POST inbox/answer": {"text": "hello"},
    "POST inbox/label": {"add": 1},
    "POST inbox/note": {"text": "a note"},
    "POST messages": {"to": 1, "text": "hi"},
    "GET suppressions": {"list": 1},
    "POST suppressions": {"list": 1},
    "POST suppressions/remove": {"list": 1, "uins": [OUR_PERSON + 7]},
    "GET templates/{name}/preview": {"uin": 1},
    "POST templates": {"name": "a new template", "text": "hi"},
    "POST templates/{name}/versions": {"restore": 1},
    "PATCH templates/{name}": {"text": "other words"},
    "DELETE tokens/{name}": {"name": "other"},
}


def operations() -> Iterator[tuple[str, Operation]]:
    """Return all operations with the key of each."""
    for one in OPERATIONS:
        yield f"{one.method} {one.path}", one


def our_values(key: str, operation: Operation, ours: Names) -> dict[str, Any]:
    """Return the values of a request that is about our rows only."""
    values = dict(GIVEN.get(key, {}))
    for one in operation.parameters:
        if one.place == "path" and one.name not in values:
            kind = RESOURCES.get(operation.tag)
            values[one.name] = getattr(ours, kind) if kind else "1"
        elif one.name in values and values[one.name] == 1 and one.name in KINDS:
            values[one.name] = _written(one, ours)
        elif one.name == "uins" and one.place == "body" and "uins" not in values:
            values["uins"] = [OUR_ACCOUNT if operation.tag == "accounts" else ours.uin]
        elif one.is_required and one.name not in values:
            values[one.name] = _written(one, ours) if one.name in KINDS else "x"
    return values


def foreign(operation: Operation, names: Names) -> Iterator[tuple[str, Any]]:
    """Return each parameter of an operation that names a row, with one of these names."""
    for one in operation.parameters:
        if one.place == "path" and operation.tag in RESOURCES:
            yield one.name, getattr(names, RESOURCES[operation.tag])
        elif one.name == "uins" and operation.tag == "accounts":
            yield "uins", [names.account]
        elif one.name in KINDS and one.place != "path":
            yield one.name, _written(one, names)


def ask(client: Client, operation: Operation, values: Mapping[str, Any], names: Names) -> Any:
    """Return the answer to a request with these values."""
    places = {one.name: one.place for one in operation.parameters}
    path = operation.path
    for name, value in values.items():
        if places[name] == "path":
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
    query = urlencode(
        {name: value for name, value in values.items() if places[name] == "query"}, doseq=True
    )
    address = f"/api/v1/{path}" + (f"?{query}" if query else "")
    send = getattr(client, operation.method.lower())
    if operation.method == "GET":
        return send(address)
    if operation.upload:
        text = DEFINITION.format(list=names.list, account=names.account).encode()
        body: Any = text if operation.tag == "campaigns" else TABLE
        return send(address, body, content_type="application/octet-stream")
    if values.get("template") or values.get("variant_template"):
        values = {name: value for name, value in values.items() if name != "text"}
    body = {name: value for name, value in values.items() if places[name] == "body"}
    return send(address, json.dumps(body), content_type="application/json")


def text_of(answer: Any) -> str:
    """Return the body of an answer."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode("utf-8", "replace"))


def fingerprint() -> str:
    """Return what all tables hold, as a hash; without the record of requests themselves."""
    found = hashlib.sha256()
    for model in apps.get_models():
        if (
            model._meta.app_label in ("audit", "sessions", "signin")
            or model._meta.label == "api.Token"
        ):
            continue
        if model._meta.managed:
            rows = model._base_manager.order_by("pk").values_list()
            found.update(repr((model._meta.label, list(rows))).encode())
    return found.hexdigest()


def _written(parameter: Any, names: Names) -> Any:
    kind, form = KINDS[parameter.name]
    value: Any = getattr(names, kind)
    if form != "{}" or parameter.schema.get("type") == "string":
        value = form.format(value)
    if parameter.schema.get("type") == "array":
        items = parameter.schema.get("items", {})
        return [str(value) if items.get("type") == "string" else value]
    return value


def _name(rows: Any) -> str:
    found = rows.order_by("pk").first()
    return str(found.name) if found is not None else "ZEBRAnone"


def _imported(contact_list: ContactList) -> int:
    made: ContactImport = uploaded("uin,name\n44444408,x\n", into=contact_list.name)
    return int(made.pk)


def _message(account: int, uin: int) -> int:
    made: Message = send_message(uin=uin, text="one message", account_uin=account)
    return int(made.pk)
