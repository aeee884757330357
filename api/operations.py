"""All operations, and the one that a request is for."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from api.pipeline.operation import Operation
from api.pipeline.problems import Problem
from api.resources import (
    accounts,
    campaigns,
    conversations,
    imports,
    messages,
    people,
    records,
    reports,
    rules,
    sequences,
    texts,
    tokens,
    webhooks,
)

#: In this order they are tried: an address with a fixed end comes before one that ends in a name.
OPERATIONS: tuple[Operation, ...] = tuple(
    operation
    for resource in (
        campaigns,
        messages,
        texts,
        imports,
        people,
        sequences,
        accounts,
        conversations,
        rules,
        records,
        reports,
        tokens,
        webhooks,
    )
    for operation in resource.OPERATIONS
)


def find_operation(method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
    """Return the operation for a request, and the names in its address.

    Raises:
        Problem: there is none of this address (404), or not with this method (405).
    """
    asked = "GET" if method == "HEAD" else method
    allowed = []
    for operation in OPERATIONS:
        found = operation.pattern.fullmatch(path)
        if found is None:
            continue
        if operation.method == asked:
            return operation, found.groupdict()
        allowed.append(operation.method)
    if allowed:
        raise Problem(
            405,
            _("%(path)s does not take %(method)s.") % {"path": path[:200], "method": method[:20]},
            code="method_unknown",
            headers={"Allow": ", ".join(dict.fromkeys(allowed))},
        )
    raise Problem(
        404,
        _("There is nothing at %(path)s. The document /api/v1/openapi.json names all there is.")
        % {"path": path[:200]},
        code="address_unknown",
    )
