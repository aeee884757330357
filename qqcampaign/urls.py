"""Addresses of the console: the admin at the root, health for the machines."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("", admin.site.urls),
]
