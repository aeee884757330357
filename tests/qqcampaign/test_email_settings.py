"""EMAIL_URL and EMAIL_FROM: what is read, and what is refused without telling the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from qqcampaign.email_settings import Email, read_email
from qqcampaign.environment import EnvironmentProblem

FROM = "Campaigns <campaigns@example.com>"


def email(url: str, sender: str = FROM) -> Email:
    return read_email({"EMAIL_URL": url, "EMAIL_FROM": sender}, "EMAIL_URL", Email())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", Email()),
        ("smtp://mail", Email("mail", 25, sender=FROM)),
        ("smtp://mail:2525", Email("mail", 2525, sender=FROM)),
        ("smtp://a:p%40w@mail?tls=1", Email("mail", 587, "a", "p@w", True, sender=FROM)),
        ("smtps://a:b@mail/", Email("mail", 465, "a", "b", uses_tls=True, sender=FROM)),
    ],
)
def test_urls(url: str, expected: Email) -> None:
    assert email(url) == expected


@pytest.mark.parametrize(
    "url",
    ["mail", "http://mail", "smtp://", "smtp://u:hidden@mail:x", "smtp://mail?tls=yes",
     "smtp://mail?ssl=1", "smtp://u:hid/den@mail", "smtp://[::1", "smtp://mail/path"],
)  # fmt: skip
def test_wrong_urls_are_refused_without_the_password(url: str) -> None:
    with pytest.raises(EnvironmentProblem) as refused:
        email(url)
    assert "EMAIL_URL cannot be used: write smtp://" in str(refused.value)
    assert "hid" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@", "a@b.example\nBcc: c@d.example"])
def test_a_wrong_sender_is_refused(sender: str) -> None:
    with pytest.raises(EnvironmentProblem, match="EMAIL_FROM is no e-mail address"):
        email("smtp://mail", sender)


def test_both_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("smtp://u:p@mail\n")
    (tmp_path / "from").write_text("a@b.example\n")
    environ = {"EMAIL_URL_FILE": str(tmp_path / "url"), "EMAIL_FROM_FILE": str(tmp_path / "from")}
    assert read_email(environ, "EMAIL_URL", Email()).sender == "a@b.example"
