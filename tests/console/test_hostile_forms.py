"""Nonsense in every address and field breaks no page; who may not change changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from campaigns.models import CampaignRun
from tests.console.posted_forms import APPS, FormReader, addresses
from tests.console.sample_data import make_operator
from tests.console.whole_world import make_whole_world

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
]

NONSENSE = ["-1", "9e99", "99999999999999999999", "²", "😀a\x00b" + "x" * 5_000]
#: Fields that belong to the admin itself: without them a page answers before it reads the rest.
OWN = {"csrfmiddlewaretoken", "_seen", "_typist"}
#: The pages that are tried, by how their addresses begin.
PAGES = (
    *("campaigns/campaign/", "campaigns/sequence/", "campaigns/messagetemplate/"),
    *("accounts/accountpool/", "accounts/warmupcurve/", "sending/forbiddenword/", "labels/"),
    *("campaigns/snippet/", "campaigns/defaultcap/", "campaigns/approvalsettings/"),
    *("campaigns/sequenceperson/", "conversations/"),
)
#: Those of them with few fields: enough for a run that is not exhaustive.
SHORT = ("labels/", "campaigns/snippet/")
#: The posts of those who may not change anything: a changed form, and nothing.
FEW = 2
#: No row has this key, and no column could hold it.
IMPOSSIBLE = 10**19


def read(answer: Any) -> bytes:
    """Return all of an answer, and close its files; its close() would end the connection too."""
    whole = b"".join(answer) if answer.streaming else answer.content
    for close in answer._resource_closers:
        close()
    return bytes(whole)


class Refusing(Client):
    """A client that tells what broke instead of raising it."""

    user: User

    def answer(self, method: str, address: str, data: Any, *, keep: bool = False) -> str:
        """Return what is wrong with the answer, "" if nothing is; undo it unless it is kept."""
        with transaction.atomic():
            try:
                found: Any = getattr(self, method)(address, data)
                read(found)
            except Exception as error:
                said = f"{type(error).__name__}: {str(error)[:300]}"
            else:
                said = f"answered {found.status_code}" if found.status_code >= 500 else ""
            transaction.set_rollback(bool(said) or not keep)
        return f"{method} {address} {str(data)[:200]}: {said}" if said else ""


def signed_in(user: User) -> Refusing:
    client = Refusing()
    client.user = user
    client.force_login(user)
    return client


def models() -> Iterator[Any]:
    yield from (one for one in apps.get_models() if one._meta.app_label in {*APPS, "auth"})


def tables() -> dict[str, list[Any]]:
    """Return every row of every table but sessions."""
    return {one._meta.label: list(one.objects.order_by("pk").values_list()) for one in models()}


def addresses_of(page: str) -> list[str]:
    """Return the addresses of a model's newest row, and of one that does not exist."""
    keys = {}
    for one in models():
        rows = one.objects.order_by("-pk").values_list("pk", flat=True)
        keys[f"{one._meta.app_label}/{one._meta.model_name}"] = [*rows[:1], IMPOSSIBLE]
    awaiting = CampaignRun.objects.get(state="awaiting_approval").campaign_id
    keys["campaigns/campaign"] = [awaiting, IMPOSSIBLE]
    return [one for one in addresses(keys) if one.startswith(f"/{page}")]


def form_of(operator: Refusing, address: str) -> FormReader:
    """Return what an operator's page would post; nothing if it shows no form."""
    with transaction.atomic():
        found = operator.get(address)
        is_page = found.status_code == 200 and "html" in found.headers["Content-Type"]
        page = read(found)
        transaction.set_rollback(True)
    return FormReader(page.decode() if is_page else "")


def posts(form: FormReader) -> Iterator[dict[str, Any]]:
    """Yield what the form shows, nothing, and nonsense in all its fields at once."""
    changed: dict[str, Any] = {
        name: ["changed"] for name in ("name", "text", "comment", "note") if name in form.values
    }
    yield {**form.values, **changed}
    yield {}
    for nonsense in NONSENSE:
        shown = {name: [nonsense] for name in form.values if name not in OWN}
        yield {**form.values, **shown, **{name: junk() for name in form.files}}


def junk() -> SimpleUploadedFile:
    return SimpleUploadedFile("x\u202e.csv", b"\x00\xff\xfe" * 200)


@pytest.mark.parametrize(
    "page",
    [page if page in SHORT else pytest.param(page, marks=pytest.mark.exhaustive) for page in PAGES],
)
def test_nonsense_breaks_nothing(page: str) -> None:
    make_whole_world()
    operator = signed_in(make_operator())
    viewer = signed_in(User.objects.create_user("viewer", is_staff=True))
    viewer.user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    nobody = signed_in(User.objects.create_user("nobody", is_staff=True))
    before, wrong, changed = tables(), [], []
    tried = addresses_of(page)
    assert len(tried) > 4
    for address in tried:
        if str(IMPOSSIBLE) in address:
            wrong += [operator.answer("get", address, {}), operator.answer("post", address, {})]
            continue
        form = form_of(operator, address)
        query = dict.fromkeys(("run", "page", "p", "q", "o", "uin", "to", "with"), "²\x00")
        wrong.append(operator.answer("get", address, query))
        wrong += [operator.answer("post", address, data) for data in posts(form)]
        for client in (nobody, viewer, Refusing()):
            for data in islice(posts(form), FEW):
                wrong.append(client.answer("post", address, data, keep=True))
        if (after := tables()) != before:
            changed.append(address)
            before = after
    assert [one for one in wrong if one] == []
    assert changed == []
