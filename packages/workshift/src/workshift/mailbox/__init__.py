"""The development mailbox: shows the site's e-mails at /dev/mailbox/ while DEBUG is on."""
