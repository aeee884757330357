"""Names of permissions: what a user must have, as the console asks for it."""

from __future__ import annotations


def view(*models: str) -> tuple[str, ...]:
    """Return the permissions to see rows of models, such as "campaigns.campaign"."""
    return tuple(_of("view", model) for model in models)


def add(*models: str) -> tuple[str, ...]:
    """Return the permissions to add rows."""
    return tuple(_of("add", model) for model in models)


def change(*models: str) -> tuple[str, ...]:
    """Return the permissions to change rows."""
    return tuple(_of("change", model) for model in models)


def delete(*models: str) -> tuple[str, ...]:
    """Return the permissions to delete rows."""
    return tuple(_of("delete", model) for model in models)


def _of(verb: str, model: str) -> str:
    app, _dot, name = model.partition(".")
    return f"{app}.{verb}_{name}"
