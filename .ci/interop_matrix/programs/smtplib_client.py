"""Sends a file with smtplib: HOST PORT FROM FILE TO..."""

import pathlib
import smtplib
import ssl
import sys

host, port, sender, file, *recipients = sys.argv[1:]
context = ssl._create_unverified_context()
with smtplib.SMTP(host, int(port), local_hostname="client.example", timeout=60) as client:
    client.ehlo_or_helo_if_needed()
    if client.has_extn("starttls"):
        client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
    options = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
    refused = client.sendmail(sender, recipients, pathlib.Path(file).read_bytes(), options)
sys.exit(1 if refused else 0)
