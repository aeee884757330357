"""The addresses of signing in."""

from django.urls import path

from signin.pages import oidc, others, own, verify

urlpatterns = [
    path("second-factor/", verify.verify, name="second-factor"),
    path("passkey-options/", verify.passkey_options, name="passkey-options"),
    path("passkey-proof/", verify.passkey_proof, name="passkey-proof"),
    path("oidc/", oidc.start, name="oidc-start"),
    path("oidc/back/", oidc.back, name="oidc-back"),
    path("oidc/leave/", oidc.leave, name="oidc-leave"),
    path("users/", others.others_sign_in, name="others-sign-in"),
    path("own/", own.own_sign_in, name="second-factor-own"),
    path("own/passkey-options/", own.new_passkey_options, name="new-passkey-options"),
    path("own/passkey/", own.new_passkey, name="new-passkey"),
]
