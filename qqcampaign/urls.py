"""URLs: the admin at the root, and health checks for load balancers and containers."""

from django.contrib import admin
from django.urls import include, path

from foundation.admin.lost_session import SignInAgain
from operations.admin.restored import restored_view
from qqcampaign.console import health
from qqcampaign.console.overview import overview_live

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("overview/live/", admin.site.admin_view(overview_live), name="overview-live"),
    path("restored/", admin.site.admin_view(restored_view), name="restored"),
    path("sign-in-again/", SignInAgain.as_view(), name="sign-in-again"),
    path("", admin.site.urls),
]
