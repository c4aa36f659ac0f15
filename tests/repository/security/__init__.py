"""What an attacker would try: docs/security.md."""
