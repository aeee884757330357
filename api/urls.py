"""The addresses of the API, below /api/."""

from __future__ import annotations

from django.urls import path, re_path

from api import document
from api.view import api

urlpatterns = [
    path("v1/openapi.json", document.openapi, name="api-openapi"),
    path("v1/docs", document.docs, name="api-docs"),
    re_path(r"^v1/(?P<path>[\s\S]*)\Z", api, name="api"),
]
