"""URLs: the admin at the root, and health checks for load balancers and containers."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from foundation.admin.lost_session import SignInAgain
from operations.admin.restored import restored_view
from operations.admin.upkeep import upkeep_view
from qqcampaign.console import health, saved_reports
from qqcampaign.console.account_day import account_day
from qqcampaign.console.calendar import calendar_view, move_view
from qqcampaign.console.help import tour
from qqcampaign.console.help import views as help_views
from qqcampaign.console.metrics import metrics
from qqcampaign.console.overview import overview_live
from qqcampaign.console.palette import palette_view
from qqcampaign.console.reports import reports_file_view, reports_view
from qqcampaign.web.static_files import moved
from restrictions.admin.lock import lock
from signin.pages import forgotten

# The pages are registered here, not when Django is set up: commands and workers have no pages, and
# start in two thirds of the time without them.
admin.autodiscover()
lock(admin.site)
admin.site.search = palette_view  # type: ignore[attr-defined]

handler403 = "signin.pages.refused.refused"
#: A forgotten password: only where e-mails are sent.
PASSWORD_RESET = [
    path("password_reset/", forgotten.AskView.as_view(), name="admin_password_reset"),
    path("password_reset/done/", forgotten.AskedView.as_view(), name="password_reset_done"),
    path(
        "reset/<uidb64>/<token>/",
        forgotten.NewPasswordView.as_view(),
        name="password_reset_confirm",
    ),
    path("reset/done/", forgotten.DoneView.as_view(), name="password_reset_complete"),
]
urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("api.urls")),
    path("metrics", metrics, name="metrics"),
    path("static/<path:name>", moved, name="static-moved"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("overview/live/", admin.site.admin_view(overview_live), name="overview-live"),
    path(
        "accounts/account/<int:object_id>/day/",
        admin.site.admin_view(account_day),
        name="accounts_account_day",
    ),
    path("calendar/", admin.site.admin_view(calendar_view), name="calendar"),
    path("calendar/<int:run_id>/move/", admin.site.admin_view(move_view), name="calendar-move"),
    path("reports/", admin.site.admin_view(reports_view), name="reports"),
    path("reports/saved/", admin.site.admin_view(saved_reports.saved_view), name="reports-saved"),
    path("reports/save/", admin.site.admin_view(saved_reports.save_view), name="reports-save"),
    path(
        "reports/saved/<int:report_id>/mail/",
        admin.site.admin_view(saved_reports.schedule_view),
        name="reports-saved-mail",
    ),
    path(
        "reports/saved/<int:report_id>/stop/",
        admin.site.admin_view(saved_reports.stop_view),
        name="reports-saved-stop",
    ),
    path(
        "reports/saved/<int:report_id>/delete/",
        admin.site.admin_view(saved_reports.delete_view),
        name="reports-saved-delete",
    ),
    path("reports/<slug:format>/", admin.site.admin_view(reports_file_view), name="reports-file"),
    path("help/", admin.site.admin_view(help_views.help_view), name="help"),
    path("help/panel/", admin.site.admin_view(help_views.panel_view), name="help-panel"),
    path("help/code/", admin.site.admin_view(help_views.code_view), name="help-code"),
    path("help/tour/", admin.site.admin_view(tour.seen_view), name="help-tour"),
    path(
        "help/pictures/<path:name>",
        # Without `cacheable` the admin's "never cache" would stand beside the picture's own age.
        admin.site.admin_view(help_views.picture_view, cacheable=True),
        name="help-picture",
    ),
    path("help/pages/<path:name>/", admin.site.admin_view(help_views.page_view), name="help-page"),
    path("restored/", admin.site.admin_view(restored_view), name="restored"),
    path("upkeep/", admin.site.admin_view(upkeep_view), name="upkeep"),
    path("sign-in-again/", SignInAgain.as_view(), name="sign-in-again"),
    path("signing-in/", include("signin.urls")),
    *(PASSWORD_RESET if settings.EMAIL_IS_ON else []),
    path("", admin.site.urls),
]
