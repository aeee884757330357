"""URLs: the admin at the root, and health checks for load balancers and containers."""

from django.contrib import admin
from django.urls import include, path

from foundation.admin.lost_session import SignInAgain
from qqcampaign.console import health
from qqcampaign.console.metrics import metrics
from qqcampaign.console.overview import overview_live

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("overview/live/", admin.site.admin_view(overview_live), name="overview-live"),
    path("sign-in-again/", SignInAgain.as_view(), name="sign-in-again"),
    path("", admin.site.urls),
]
