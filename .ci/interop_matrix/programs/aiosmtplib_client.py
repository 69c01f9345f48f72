"""Sends files with aiosmtplib. Its argument is what `programs.py` says of the task, in JSON; it prints who was taken and who was not."""

import asyncio
import json
import pathlib
import ssl
import sys

import aiosmtplib


async def main(task):
    context = ssl.create_default_context(cafile=task["ca"]) if task["ca"] else None
    client = aiosmtplib.SMTP(
        hostname=task["host"], port=task["port"], local_hostname="client.example", timeout=60,
        use_tls=task["tls"] == "implicit", start_tls=task["tls"] == "starttls", tls_context=context,
    )
    told = []
    async with client:
        if task["user"]:
            await client.login(task["user"], task["password"])
        for file in task["files"]:
            await client._ehlo_or_helo_if_needed()
            mail = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
            mail += ["RET=HDRS", "ENVID=a+2Bb"] if task["dsn"] else []
            rcpt = ["NOTIFY=SUCCESS,DELAY"] if task["dsn"] else []
            content = pathlib.Path(file).read_bytes()
            refused, _ = await client.sendmail(task["from"], task["to"], content, mail_options=mail, rcpt_options=rcpt)
            told.append({"accepted": [to for to in task["to"] if to not in refused], "rejected": list(refused)})
    print(json.dumps(told))


asyncio.run(main(json.loads(sys.argv[1])))
