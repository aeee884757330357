"""The morning: an empty installation gets accounts, users, people and a template."""

from __future__ import annotations

from qqhttp.simulator.population import password_of
from tests.console.day.accounts_room import AccountsRoom
from tests.console.day.people_room import PeopleRoom
from tests.console.day.workday import ACCOUNTS, PASSWORD, PEOPLE_LIST, ROLES, TEMPLATE, Workday


def first_steps(day: Workday) -> None:
    """Import accounts from a file, and let them fetch their friends."""
    admin, room = day.admin, AccountsRoom(day.admin)
    admin.says("First steps")
    admin.look("first-steps")
    rows = [f"{uin},{password_of(uin)},客服{uin},0" for uin in day.friends]
    lines = "\n".join(["uin,password,name,min_interval", *rows])
    room.imports(day.file("accounts.csv", lines.encode()))
    room.syncs_all()
    assert room.online().count() == ACCOUNTS


def gives_roles(day: Workday) -> None:
    """Make three users with a role each, by the form."""
    admin = day.admin
    for name, role in ROLES.items():
        admin.open("/auth/user/add/")
        admin.fill(username=name, password1=PASSWORD, password2=PASSWORD)
        admin.page.check(f"input[name=role][value={role}]")
        admin.look(f"user-{role}")
        admin.press("Save")
        admin.page.wait_for_url("**/change/**")
    admin.go("Users")
    admin.shows("vera")
    admin.look("users")
    admin.waits()


def imports_people(day: Workday) -> None:
    """Import people from a file as a spreadsheet program on Windows writes it."""
    olga = day.olga
    olga.look("overview")
    olga.go("Imports")
    olga.look("imports-empty")
    uins = [uin for friends in day.friends.values() for uin in friends]
    rows = [f"{uin},张伟{n},北京" for n, uin in enumerate(uins)]
    lines = "\r\n".join(["QQ号,姓名,城市", *rows])
    PeopleRoom(olga).imports(day.file("客户.csv", lines.encode("gb18030")), into=PEOPLE_LIST)


def writes_template(day: Workday) -> None:
    """Write a template whose text each person gets with their own name."""
    olga = day.olga
    olga.open("/campaigns/messagetemplate/add/")
    olga.fill(name=TEMPLATE, text="{{ name }}，您好！")
    olga.look("template")
    olga.press("Save")
    olga.go("Message templates")
    olga.shows(TEMPLATE)
    olga.look("templates")
