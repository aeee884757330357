"""Several hosts: workers die, hang, lose the network or drain, and other workers take over."""
