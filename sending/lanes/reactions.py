"""The effects of an answer on the account and the run, beyond its own delivery."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.gateway.conversation import Answer, Conversation
from accounts.gateway.lane_stops import LaneMustStop
from accounts.gateway.logins import MOST_COUNTED
from accounts.leases.leases import Grant
from accounts.models import Account, Lease
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state, quarantine_account
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.outcomes import Verdict, reason_of
from sending.lanes.pacing import LanePacing
from sending.models import AccountAction
from sending.policies import Policy
from sending.runs.policy_actions import stop_run_by_policy, suppress_recipient
from sending.states import DeliveryState

#: A lane hands back instead of waiting for a rest longer than this, seconds.
LONGEST_REST_IN_LANE = 60.0
#: Logins in a row after which RES=20 came again, before the account rests: two sessions may end one
#: right after the other by chance.
FREE_LOGINS = 2
#: The first and the longest rest of an account whose logins do not last, seconds; it doubles each
#: time.
FIRST_LOGIN_REST, LONGEST_LOGIN_REST = 2.0, 30.0
#: How late the control loop may pass on a change of the account's state, seconds.
STATE_DELAY_SECONDS = 2.0
#: The pause before a rest that could not be ended is checked again, seconds.
REST_CHECK_SECONDS = 0.1


class Reactions:
    """Rests, logs in again, quarantines, suppresses, or stops the run, as the policies say.

    Args:
        account: the account.
        grant: its lease.
        conversation: its requests to the gateway.
        pacing: its lane's pacing.
        gateway: the watch over the gateway.

    Attributes:
        bad_results: messages that failed since the last accepted one.
        sessions_lost: sessions that ended at their first use since the last accepted message.
    """

    def __init__(
        self,
        *,
        account: Account,
        grant: Grant,
        conversation: Conversation,
        pacing: LanePacing,
        gateway: GatewayWatch,
    ) -> None:
        self._gateway = gateway
        self._account = account
        self._grant = grant
        self._conversation = conversation
        self._pacing = pacing
        self._rests_in_a_row = 0
        self._rests_until = 0.0
        self.bad_results = grant.bad_results
        self.sessions_lost = grant.sessions_lost

    @property
    def is_resting(self) -> bool:
        """Whether this lane, and not an operator, made the account rest.

        It stays true a little longer than the rest: the control loop passes on states late.
        """
        return local.elapsed() < self._rests_until

    def react(self, *, answer: Answer, policy: Policy, uin: int, run_id: int) -> None:
        """Do what the policy for an answer says.

        Args:
            answer: the answer.
            policy: the result policy for its code.
            uin, run_id: the recipient and the run of the message.

        Raises:
            LaneMustStop: the account cannot continue.
        """
        if answer.code == "0":
            self._rests_in_a_row = 0
            self.sessions_lost = 0
            self._pacing.gap.success()
            return
        if policy.suppresses_contact:
            with database_turn():
                suppress_recipient(uin=uin, code=answer.code)
        if policy.stops_run:
            with database_turn():
                stop_run_by_policy(run_id=run_id, code=answer.code, sentence=answer.sentence)
        if policy.account_action == AccountAction.LOG_IN:
            self._conversation.note_session_ended()
            self._rest_if_logins_do_not_help()
        elif policy.account_action == AccountAction.REST:
            self._rest(policy, answer)
        elif policy.account_action == AccountAction.QUARANTINE:
            self._quarantine(answer.sentence or f"RES={answer.code}")

    def count_result(self, *, verdict: Verdict, answer: Answer) -> None:
        """Count a message's result; quarantine the account after too many failures in a row.

        This is the account's breaker. Unknown results do not count, because the gateway causes
        them. While all other accounts fail too, the account is not quarantined: the breaker of the
        run (`sending.runs.breakers`) handles that.

        Raises:
            LaneMustStop: the account is quarantined.
        """
        if verdict.to == DeliveryState.SENT:
            self.bad_results = 0
        elif verdict.to == DeliveryState.FAILED:
            self.bad_results = min(self.bad_results + 1, MOST_COUNTED)
        if self.bad_results < settings.QQ_BREAKER_ACCOUNT:
            return
        if self._gateway.others_fail_too(account_id=self._account.pk):
            return
        sentence = _(
            "%(n)d messages in a row were rejected, the last one with %(code)s. %(why)s"
        ) % {
            "n": self.bad_results,
            "code": reason_of(answer.code),
            "why": answer.sentence,
        }
        self.bad_results = 0
        self._quarantine(sentence)

    def wait_out_rest(self) -> None:
        """Wait for the end of a rest that began before this lane.

        Raises:
            LaneMustStop: the rest is too long to wait for in a lane.
        """
        until = self._grant.resting_until
        left = (until - shared.now()).total_seconds() if until else 0.0
        if left > LONGEST_REST_IN_LANE:
            raise LaneMustStop("resting", retry_seconds=left)
        if left > 0 or self._account.state == AccountState.RESTING:
            self._sleep(max(left, 0.0))

    def _rest(self, policy: Policy, answer: Answer) -> None:
        """Rest as the policy says, longer for each rest in a row, and lengthen the learnt gap."""
        self._pacing.gap.too_fast()
        self._rests_in_a_row += 1
        self._rest_for(
            policy.pause(self._rests_in_a_row), StateReason.TOO_FAST, detail=answer.sentence
        )

    def _rest_if_logins_do_not_help(self) -> None:
        """Rest, longer each time, if the gateway accepts every login and then answers RES=20 again.

        Otherwise the account would log in before every message as long as this lasts.
        """
        self.sessions_lost += 1
        logins = self.sessions_lost - 1
        if logins < FREE_LOGINS:
            return
        seconds = min(FIRST_LOGIN_REST * 2.0 ** (logins - FREE_LOGINS), LONGEST_LOGIN_REST)
        detail = _(
            "Logged in %(n)d times in a row, and each time the gateway then answered “not logged "
            "in” (RES=20). Check whether the account is also in use elsewhere, or whether the "
            "address of its egress changes."
        ) % {"n": logins}
        self._rest_for(seconds, StateReason.SESSION_ENDED, detail=detail)

    def _rest_for(self, seconds: float, reason: StateReason, *, detail: str) -> None:
        until = shared.now() + timedelta(seconds=seconds)
        with database_turn():
            self._lease().update(learnt_interval=self._pacing.gap.learnt)
            # A longer rest that an operator ordered meanwhile is left unchanged.
            if self._lease().exclude(resting_until__gt=until).update(resting_until=until):
                change_account_state(
                    account_id=self._account.pk,
                    to=AccountState.RESTING,
                    reason=reason,
                    detail=detail,
                )
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        """Wait for the end of the rest. An operator may shorten or extend it meanwhile.

        Raises:
            LaneMustStop: the rest is too long to wait for in a lane.
        """
        left, ends_at = seconds, local.elapsed() + seconds
        while left > 0 or not self._end_rest():
            if left > LONGEST_REST_IN_LANE:
                raise LaneMustStop("resting", retry_seconds=left)
            self._rests_until = local.elapsed() + left + STATE_DELAY_SECONDS
            self._pacing.wait(max(left, REST_CHECK_SECONDS))
            with database_turn():
                lease = Lease.objects.get(account=self._account)
            left = 0.0
            if lease.resting_until is not None:
                ordered = (lease.resting_until - shared.now()).total_seconds()
                left = max(ends_at - local.elapsed(), ordered)
        self._rests_until = local.elapsed() + STATE_DELAY_SECONDS

    def _end_rest(self) -> bool:
        """End the rest; return False if an operator ordered another one at the last moment."""
        with database_turn():
            is_over = (
                self._lease().exclude(resting_until__gt=shared.now()).update(resting_until=None)
            )
            if is_over:
                change_account_state(
                    account_id=self._account.pk, to=AccountState.ONLINE, reason=StateReason.RESTED
                )
        return bool(is_over)

    def _lease(self) -> QuerySet[Lease, Lease]:
        """Return the account's lease if this lane holds it, as a queryset."""
        return Lease.objects.filter(account=self._account, token=self._grant.token)

    def _quarantine(self, sentence: str) -> None:
        with database_turn():
            quarantine_account(
                account=self._account, reason=StateReason.CODES_GONE_WRONG, detail=sentence
            )
        raise LaneMustStop(sentence)
