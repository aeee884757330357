"""One person: attributes, the person's page, erasure on request."""
