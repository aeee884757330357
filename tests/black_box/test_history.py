"""`check_history` finds each kind of violation, and none in a correct history."""

from __future__ import annotations

import pytest

from tests.black_box.history import (
    Findings,
    MessageRequest,
    Outcome,
    ReportRow,
    Rules,
    check_history,
    most_within,
    report_rows,
    seq_histories,
)

ONE, TWO = 20_001, 20_002


def _request(
    at: float,
    seq: int = 1,
    *,
    account: int = ONE,
    to: int = 7,
    text: bytes = b"hi",
    outcome: Outcome = Outcome.DELIVERED,
    replied: float | None = 0.0,
) -> MessageRequest:
    answered_at = None if replied is None else at + replied
    return MessageRequest(at, account, str(seq), to, text, outcome, "", answered_at)


def _row(uin: int = 7, state: str = "sent", text: bytes = b"hi", seq: int = 1) -> ReportRow:
    return ReportRow(uin, ONE, str(seq), state, text)


def _only(findings: Findings, *names: str) -> None:
    assert {name for name, found in vars(findings).items() if found} == set(names), findings


def test_a_correct_history_has_no_violation() -> None:
    history = [
        _request(0.0, 1, to=7, outcome=Outcome.UNPROCESSED),
        _request(1.0, 1, to=7),
        _request(3.5, 1, to=7, outcome=Outcome.DROPPED),
        _request(4.0, 2, to=8),
        _request(4.0, 1, to=9, account=TWO),
    ]
    rules = Rules(window=5, gaps={ONE: 0.5}, limits={ONE: ((60, 2),)}, pauses=(1.0, 2.0))
    report = [_row(7), _row(8), _row(9), _row(10, "skipped", b"")]
    findings = check_history(history, rules=rules, report=report)
    _only(findings)
    assert findings.violations == []


def test_a_repeat_is_late_only_after_the_window() -> None:
    for at, is_late in ((40.0, False), (40.1, True)):
        history = [_request(0.0, outcome=Outcome.UNPROCESSED), _request(at)]
        findings = check_history(history, rules=Rules(window=40))
        _only(findings, *(["late_repeats"] if is_late else []))


def test_a_late_repeat_that_is_delivered_again_is_also_a_duplicate() -> None:
    findings = check_history([_request(0), _request(41)], rules=Rules(window=40))
    _only(findings, "late_repeats", "twice")
    assert findings.violations == [
        "late repeats: 1 (20001 SEQ 1: 41.0 s after the first)",
        "twice: 1 (7: 2 times)",
    ]


def test_the_window_starts_at_the_first_request() -> None:
    history = [_request(at, outcome=Outcome.DROPPED) for at in (0, 30, 60)]
    _only(check_history(history, rules=Rules(window=40)), "late_repeats")


@pytest.mark.parametrize("other", [{"to": 8}, {"text": b"ho"}])
def test_a_seq_used_for_another_message_is_found(other: dict[str, int]) -> None:
    history = [_request(0), _request(1, outcome=Outcome.DROPPED, **other)]  # type: ignore[arg-type]
    _only(check_history(history, rules=Rules()), "other_text")


def test_two_accounts_may_use_the_same_seq() -> None:
    history = [_request(0, to=7), _request(1, to=8, account=TWO)]
    _only(check_history(history, rules=Rules()))


def test_the_same_message_under_two_seqs_is_a_duplicate() -> None:
    _only(check_history([_request(0, 1), _request(1, 2)], rules=Rules()), "twice")


def test_a_gap_is_counted_from_the_reply() -> None:
    for at, is_soon in ((1.2, False), (1.19, True)):
        history = [_request(0, 1, to=7, replied=0.2), _request(at, 2, to=8)]
        findings = check_history(history, rules=Rules(gaps={ONE: 1.0}))
        _only(findings, *(["too_soon"] if is_soon else []))


def test_a_gap_without_a_reply_is_counted_from_the_request() -> None:
    history = [_request(0, 1, to=7, replied=None), _request(0.9, 2, to=8)]
    _only(check_history(history, rules=Rules(gaps={ONE: 1.0})), "too_soon")


def test_a_limit_is_checked_in_every_window() -> None:
    times = [0.0, 50.0, 55.0, 59.0, 70.0]
    assert most_within(times, 60) == 4
    history = [_request(at, number, to=number) for number, at in enumerate(times)]
    _only(check_history(history, rules=Rules(limits={ONE: ((60, 3),)})), "over_limit")
    _only(check_history(history, rules=Rules(limits={ONE: ((60, 4),)})))


def test_a_dropped_message_does_not_count_against_a_limit() -> None:
    history = [_request(at, outcome=Outcome.DROPPED) for at in range(9)]
    _only(check_history(history, rules=Rules(limits={ONE: ((60, 3),)})))


def test_a_window_excludes_its_end() -> None:
    assert most_within([0.0, 60.0], 60) == 1
    assert most_within([], 60) == 0


def test_a_repeat_before_its_pause_is_over_is_found() -> None:
    history = [_request(at, outcome=Outcome.UNPROCESSED) for at in (0, 1, 3, 4)]
    findings = check_history(history, rules=Rules(pauses=(1, 2, 4)))
    _only(findings, "too_dense")
    assert findings.too_dense == ["20001 SEQ 1: repeat 3 after 1.00 s"]
    _only(check_history(history, rules=Rules(pauses=(1,))))


def test_a_message_reported_as_sent_that_did_not_arrive_is_lost() -> None:
    findings = check_history([_request(0)], rules=Rules(), report=[_row(7), _row(8)])
    _only(findings, "lost")


def test_a_message_that_arrived_and_is_not_reported_as_sent_is_found() -> None:
    for state in ("failed", "cancelled", "pending", "skipped"):
        report = [_row(7, state)]
        findings = check_history([_request(0)], rules=Rules(), report=report)
        _only(findings, "unreported")
        assert findings.unreported == [f"7, called {state}"]
    _only(check_history([_request(0)], rules=Rules(), report=[]), "unreported")


def test_an_unknown_delivery_is_listed_with_whether_it_arrived() -> None:
    report = [_row(7, "unknown"), _row(8, "unknown")]
    findings = check_history([_request(0)], rules=Rules(), report=report)
    _only(findings, "unknown")
    assert findings.unknown == ["7, which arrived", "8, which did not arrive"]


def test_a_seq_history_has_times_and_counts() -> None:
    history = [_request(9, outcome=Outcome.DROPPED), _request(2), _request(4, 2, to=8)]
    first, second = seq_histories(history)
    assert (first.first, first.last, first.age, first.requests, first.delivered) == (2, 9, 7, 2, 1)
    assert (second.seq, second.requests) == ("2", 1)


def test_report_rows_are_read_from_csv_and_json() -> None:
    row = {"uin": "7", "account": "20001", "state": "sent", "seq": "3", "text": "你"}
    assert report_rows([row]) == [ReportRow(7, ONE, "3", "sent", "你".encode())]
    nothing = {"uin": "8", "account": "", "state": "skipped", "seq": "", "text": ""}
    assert report_rows([nothing]) == [ReportRow(8, 0, "", "skipped", b"")]
    of_json = {"uin": 8, "account": None, "state": "skipped", "seq": None, "text": None}
    assert report_rows([of_json]) == report_rows([nothing])
