"""A run with variants names the version of each template that it sends."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import MessageTemplate
from campaigns.run_control.lifecycle import start_campaign
from campaigns.writing.templates import create_template
from campaigns.writing.versions import runs_by_version
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.console.sample_data import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def test_a_run_names_the_versions_of_its_variants_templates(client: Client) -> None:
    make_account(friends=[100_001])
    template = create_template(name="问候", texts={"": "hi"})
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="")
    add_variants(
        campaign=campaign,
        variants=[NewVariant("A", 1, "a"), NewVariant("B", 1, template=template)],
    )
    MessageTemplate.objects.update(text="changed, by whatever way")
    run = start_campaign(campaign=campaign)
    assert run.variant_versions == [
        {"variant": "B", "template": template.pk, "name": "问候", "version": 2}
    ]
    client.force_login(make_operator())
    page = client.get(reverse("admin:campaigns_campaign_page", args=[campaign.pk]))
    address = reverse("admin:campaigns_messagetemplate_version", args=[template.pk, 2])
    assert address in page.content.decode()
    named = f"{campaign} #{run.number}"
    assert named in client.get(address).content.decode()
    listed = client.get(reverse("admin:campaigns_messagetemplate_versions", args=[template.pk]))
    assert dict(runs_by_version(template)) == {2: [run]}
    assert listed.content.decode().count(named) == 1
    other = create_template(name="其他", texts={"": "hi"})
    assert runs_by_version(other) == {}
