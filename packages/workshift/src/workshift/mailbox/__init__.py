"""The development mailbox: the e-mails that the site sent, at /dev/mailbox/ while DEBUG is on."""
