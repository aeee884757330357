"""A row of everything that has a page, as a shop in China would have it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from accounts.models import Account, Friend
from accounts.pools import create_pool
from accounts.warm_ups import create_curve, start_warm_up
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.default_cap import set_default_cap
from campaigns.creation.sequence_steps import Step
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, SequencePerson, Snippet
from campaigns.rehearsals.lifecycle import start_rehearsal
from campaigns.run_control.lifecycle import start_campaign
from campaigns.run_control.test_send import send_test
from campaigns.sequence_states import OnlyIf
from campaigns.sequences.control import start_sequence
from campaigns.sequences.tick import advance_sequences
from campaigns.writing.snippets import save_snippet
from campaigns.writing.templates import create_template, save_template
from contacts.models import Contact, ContactList
from contacts.people.attributes import record_attribute_names
from conversations.answers.canned import save_canned
from conversations.answers.send_answer import send_answer
from conversations.find import find_conversation
from conversations.rules.save import create_rule
from conversations.work.assign import assign_conversation, write_note
from foundation.caps import Cap
from labels.labelling import create_label
from labels.models import Label
from sending.forbidden_words import add_words
from sending.models import Delivery, RunMinute, WordAction
from sending.opt_outs.word_list import add_words as add_opt_out_words
from tests.campaigns.factories import make_campaign, make_inbound
from tests.campaigns.variants import planned_run
from tests.console.sample_data import FIRST_UIN, make_list, make_world

LONG_NAME = "双十一老客户回访，华东华南两区，第二批，含赠品与会员价说明"


def fill() -> None:
    """Make the rows, and print their keys as JSON: `manage.py shell -c` calls this."""
    print(json.dumps(make_whole_world()))


def make_whole_world() -> dict[str, int]:
    """Make the rows; return the keys that addresses need, by name."""
    campaign = make_world(people=28)
    author = User.objects.create_user("小王", password="x", is_staff=True, is_superuser=True)
    buyers = make_list("新客户", people=60)
    for one in ContactList.objects.all():
        record_attribute_names(contact_list=one, names=["city"])
    accounts = list(Account.objects.order_by("uin"))
    _befriend(accounts)
    labels = [
        create_label(name=name, colour=colour)
        for name, colour in (("重要", "red"), ("华东大区门店", "blue"), ("试用", "grey"))
    ]
    campaign.labels.set(labels[:2])
    _minutes(campaign)
    pool = _pools(accounts, labels)
    start_warm_up(
        account=accounts[2], curve=create_curve(name="两周慢热", limits=[20, 30, 50, 80, 120])
    )
    set_default_cap(cap=Cap(3, 7 * 86_400))
    template, snippet = _writing(author)
    words = add_words(words=["免费领取", "加微信"], note="平台禁止")
    add_words(words=["最低价*"], action=WordAction.APPROVE, note="广告法")
    assert words == (2, 0)
    keys = {
        "campaign": campaign.pk,
        "label": labels[0].pk,
        "pool": pool,
        "account": accounts[2].pk,
        "template": template,
        "snippet": snippet,
        "variants": _variants(buyers, accounts),
        "approval": _awaiting(buyers, author),
        "sequence": _sequence(accounts),
        "draft": make_campaign(LONG_NAME, lists=[buyers], text="您好，{{ name }}").pk,
    }
    send_test(campaign=campaign, uins=[FIRST_UIN + 2, FIRST_UIN + 3], account=accounts[0])
    keys["rule"] = _rule(labels)
    keys["conversation"] = _conversations(accounts[0], labels, author)
    person = SequencePerson.objects.order_by("pk").first()
    assert person is not None
    sent = Delivery.objects.filter(state="sent", contact__isnull=False).order_by("pk").first()
    assert sent is not None
    return {**keys, "person": person.contact_id, "delivery": sent.pk}


def _minutes(campaign: Campaign) -> None:
    """Make results of the last two hours: an account was too fast, and a few answers were lost."""
    end = int(timezone.now().timestamp()) // 60
    run = campaign.runs.get()
    RunMinute.objects.bulk_create(
        RunMinute(run=run, minute=end - back, res=res, shard=1, n=n)
        for back in range(120)
        for res, n in (
            ("0", 90 + 25 * ((back // 7) % 3) - (60 if 40 < back < 52 else 0)),
            ("3", 14 if 38 < back < 50 else back % 3),
            ("timeout", 2 if back % 17 == 0 else 0),
        )
        if n
    )


def _rule(labels: list[Label]) -> int:
    """Make a rule that answers, and a word to opt out with."""
    add_opt_out_words(words=["TD"], match="begins")
    rule = create_rule(
        name="询问会员日", words=["会员日", "几号"], labels=labels[:1], is_on=True,
        answer="{{ name }}，会员日是每月第一个周六。",
    )  # fmt: skip
    return int(rule.pk)


def _conversations(account: Account, labels: list[Label], author: Any) -> int:
    """Make conversations out of the inbox; one of them has answers, labels and a note."""
    moment = timezone.now() - timedelta(minutes=30)
    said = ["在吗？", "请问会员日是哪一天？\n我想带朋友一起来。", "好的，谢谢", "退货怎么办", "👍"]
    for n, text in enumerate(said):
        at = moment + timedelta(minutes=n)
        make_inbound(account, FIRST_UIN + 2 + n // 2, text=text, at=at)
    make_inbound(account, FIRST_UIN + 9, text="TD")  # opts out
    save_canned(name="营业时间", text="{{ name }}，我们每天 9:00 到 21:00 营业。", by=author)
    save_canned(name="退货", text="七天内可以退货，请带上小票。", by=author)
    conversation = find_conversation(uin=FIRST_UIN + 2, account=account)
    conversation.labels.set(labels[:2])
    assign_conversation(conversation=conversation, to=author)
    write_note(conversation=conversation, note="老客户，常带朋友来。")
    answer = send_answer(conversation=conversation, text="您好，会员日是本周六。", by=author)
    Delivery.objects.filter(pk=answer.delivery_id).update(
        state="sent", sent_at=moment + timedelta(minutes=5), seq=4_711, last_res="0"
    )
    send_answer(conversation=conversation, text="欢迎带朋友一起来！", by=author)
    return int(conversation.pk)


def _befriend(accounts: list[Account]) -> None:
    """Make everybody a friend of every account but the first person."""
    Account.objects.update(friends_synced_at=timezone.now())
    uins = Contact.objects.values_list("uin", flat=True)
    Friend.objects.bulk_create(
        (Friend(account=one, uin=uin, nickname="小明") for one in accounts for uin in uins),
        ignore_conflicts=True,
    )
    for account in accounts:
        account.refresh_from_db()


def _pools(accounts: list[Account], labels: list[Label]) -> int:
    pool = create_pool(name="华东客服号", accounts=accounts[:2], labels=labels[1:2])
    create_pool(name="备用号")
    return int(pool.pk)


def _writing(author: Any) -> tuple[int, int]:
    snippet = Snippet(name="落款", text="—— 小红，{{ city }}门店")
    save_snippet(snippet=snippet, by=author)
    texts = {"": "{{ name }}，您好！会员日全场八折。\n{{ snippets.落款 }}"}
    template = create_template(name="会员日", texts=texts, by=author)
    texts = {"": texts[""].replace("八折", "七折"), "en": "Hello {{ name }}, 30 % off today."}
    save_template(template=template, texts=texts, by=author)
    return int(template.pk), int(snippet.pk)


def _variants(people: ContactList, accounts: list[Account]) -> int:
    campaign = make_campaign("会员日对比", lists=[people], text="", holdout=10)
    add_variants(
        campaign=campaign,
        variants=[
            NewVariant("直接优惠", 2, "{{ name }}，今天全场八折", None),
            NewVariant("先问候", 1, "{{ name }}，好久不见，最近好吗？", None),
        ],
    )
    run = planned_run(campaign)
    Delivery.objects.filter(run=run, state="pending").update(
        state="sent", sent_at=timezone.now(), seq=1, account=accounts[0]
    )
    for delivery in Delivery.objects.filter(run=run, state="sent").order_by("pk")[:12]:
        make_inbound(accounts[0], delivery.uin)
    return int(campaign.pk)


def _awaiting(people: ContactList, author: Any) -> int:
    campaign = Campaign.objects.get(
        pk=make_campaign(
            "店庆通知",
            lists=[people],
            text="{{ name }}，{{ city }}店庆本周六开始",
            needs_approval=True,
            created_by=author,
        ).pk
    )
    start_campaign(campaign=campaign, by=author)
    start_rehearsal(campaign=campaign, by=author, is_awaited=True)
    return int(campaign.pk)


def _sequence(accounts: list[Account]) -> int:
    newcomers = make_list("新好友", people=4)
    _befriend(accounts)
    sequence = create_sequence(
        name="新好友欢迎",
        lists=[newcomers],
        includes_existing=True,
        steps=[
            Step(0, text="{{ name }}，欢迎！"),
            Step(86_400, text="这是我们的会员手册。"),
            Step(259_200, OnlyIf.NOT_REPLIED, text="还有什么可以帮您？"),
        ],
    )
    start_sequence(sequence=sequence)
    advance_sequences()
    create_sequence(name="沉睡客户唤醒", lists=[newcomers], steps=[Step(0, text="好久不见")])
    return int(sequence.pk)
