"""What is kept about signing in."""

from signin.models.failed_sign_ins import FailedSignIns
from signin.models.oidc_identity import OidcIdentity
from signin.models.passkey import Passkey
from signin.models.recovery_code import RecoveryCode
from signin.models.signed_in_session import SignedInSession
from signin.models.totp import TotpSecret

__all__ = [
    "FailedSignIns",
    "OidcIdentity",
    "Passkey",
    "RecoveryCode",
    "SignedInSession",
    "TotpSecret",
]
