"""Overall reports with a name, and their mails: each due date is mailed once, or not at all."""
