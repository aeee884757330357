"""What the apps share: state tables, refusals, stored sentences, bases of pages and commands."""
