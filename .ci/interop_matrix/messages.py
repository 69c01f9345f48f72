"""What is sent, in the form of the wire: lines end in CRLF, and no dot is doubled."""

import random

HEADER = (
    b"From: Joe <joe@client.example>\r\n"
    b"To: Ann <ann@mx.example>\r\n"
    b"Date: Tue, 05 Apr 2016 14:18:24 +0200\r\n"
    b"Message-ID: <1@client.example>\r\n"
    b"Subject: %s\r\n"
    b"\r\n"
)

PLAIN = HEADER % b"plain" + b"Hello.\r\n\r\nBye.\r\n"

# A client that forgets a dot loses one here or ends the message too soon; a server that removes one too many loses it.
DOTS = HEADER % b"dots" + b".\r\n..\r\n...\r\n.x\r\n..x\r\n x.\r\n\r\n.\r\n\r\n. \r\nx\r\n.\r\n"

# Every octet but NUL, CR and LF, which are not to be sent (RFC 5321 section 2.3.8 and appendix A).
EIGHT_BIT = HEADER % b"8-bit" + b"".join(
    b"%d: " % row + bytes(octet for octet in range(row, row + 32) if octet not in b"\0\r\n") + b"\r\n"
    for row in range(0, 256, 32)
)

EMPTY = b""
HEADER_ONLY = HEADER[:-2] % b"header only"
NO_LAST_CRLF = HEADER % b"no CRLF at the end" + b"This line has no end."
# 998 octets and CRLF are the longest line that has to be taken (RFC 5321 section 4.5.3.1.6).
LONGEST_LINE = HEADER % b"longest line" + b"x" * 998 + b"\r\n." + b"y" * 997 + b"\r\n"
LONG_LINE = HEADER % b"a line of 2000" + b"." + b"z" * 1999 + b"\r\n"
TOO_LONG_LINE = HEADER % b"too long a line" + b"x" * 999 + b"\r\n"


def _large():
    rows = random.Random(1)
    lines, size = [HEADER % b"large"], 0
    while size < 10_000_000:
        line = b"." * rows.choice((0, 0, 0, 1, 2)) + b"0123456789abcdef" * rows.randrange(60) + b"\r\n"
        lines.append(line)
        size += len(line)
    return b"".join(lines)


LARGE = _large()


def native(content):
    """The same for a program that reads lines of this machine."""
    return content.replace(b"\r\n", b"\n")


def wire(content):
    """Lines of this machine as they have to be sent."""
    return content.replace(b"\n", b"\r\n")


def ended(content):
    """What has to arrive: CRLF "." CRLF ends the content, and its first CRLF belongs to the content."""
    return content if content.endswith(b"\r\n") else content + b"\r\n"
