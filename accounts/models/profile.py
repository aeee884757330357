"""What the gateway told of a person (GetInfo)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

#: The longest texts: people write them themselves.
LONGEST = 255


class Profile(models.Model):
    """A person's profile at the gateway. Its values never replace what an import said.

    Numbers are those of the reference; their words are in `qqhttp.enums`.
    """

    uin = models.BigIntegerField(_("UIN"), primary_key=True)
    fetched_at = models.DateTimeField(_("fetched at"))
    #: The account that asked.
    account = models.ForeignKey(
        Account,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("account"),
        db_index=False,  # the index below serves it
    )
    #: LV of the request: 2 normal, 3 complete.
    level = models.PositiveSmallIntegerField(_("level"))
    nickname = models.CharField(_("nickname"), max_length=LONGEST, blank=True)
    real_name = models.CharField(_("name"), max_length=LONGEST, blank=True)
    sex = models.SmallIntegerField(_("sex"), null=True, blank=True)
    age = models.SmallIntegerField(_("age"), null=True, blank=True)
    country = models.CharField(_("country"), max_length=LONGEST, blank=True)
    province = models.CharField(_("province"), max_length=LONGEST, blank=True)
    city = models.CharField(_("city"), max_length=LONGEST, blank=True)
    address = models.CharField(_("address"), max_length=LONGEST, blank=True)
    postcode = models.CharField(_("postcode"), max_length=LONGEST, blank=True)
    phone = models.CharField(_("telephone"), max_length=LONGEST, blank=True)
    mobile = models.CharField(_("mobile"), max_length=LONGEST, blank=True)
    email = models.CharField(_("e-mail"), max_length=LONGEST, blank=True)
    homepage = models.CharField(_("homepage"), max_length=LONGEST, blank=True)
    occupation = models.CharField(_("occupation"), max_length=LONGEST, blank=True)
    school = models.CharField(_("school"), max_length=LONGEST, blank=True)
    introduction = models.TextField(_("introduction"), blank=True)
    blood_type = models.SmallIntegerField(_("blood type"), null=True, blank=True)
    constellation = models.SmallIntegerField(_("constellation"), null=True, blank=True)
    zodiac = models.SmallIntegerField(_("zodiac"), null=True, blank=True)
    face = models.IntegerField(_("face"), null=True, blank=True)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        ordering = ["uin"]
        # The ceiling of a day counts the latest.
        indexes = [models.Index(fields=["account", "fetched_at"], name="profile_of_account")]

    def __str__(self) -> str:
        return f"{self.uin} {self.nickname}".strip()
