"""What no client should do: `smtp-lab mock` answers it or hangs up, takes no message it should not, and serves the next."""

import pathlib
import random
import smtplib
import socket
import struct
import threading

import messages as m
from harness import HOST, PATIENCE, Mock, until

JOE, ANN = "joe@client.example", "ann@mx.example"
ENVELOPE = f"EHLO client.example\r\nMAIL FROM:<{JOE}>\r\nRCPT TO:<{ANN}>\r\n".encode()
# Ends of content to others, and so a way to put a second message into one (RFC 5321 section 4.1.1.4 has one end alone).
LOOKALIKES = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n.\r\r\n", b"\r\n\0.\r\n", b"\n.\r")
# Octets: what a server may keep for one client is bounded by its limits, and the allocator keeps some of it.
MEMORY = 16 << 20


def play(matrix):
    recorded = Mock(matrix)
    # What is kept for a record would count as memory of the server, so a proxy keeps it. Random octets are not recorded: a record hides
    # what may be a credential, and there that is commands as well. The server judges them as they come.
    measured = Mock(matrix, recorded=False)
    proxy = matrix.watched(measured.port, "server")

    def case(what, test, *arguments, mock=recorded):
        def survives():
            test(mock, *arguments)
            with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
                client.sendmail(JOE, [ANN], m.DOTS)
            mock.expect(m.DOTS)

        matrix.case("by socket", recorded.name, what, survives)

    for lookalike in LOOKALIKES:
        case(f"smuggling after {lookalike!r}", smuggling, lookalike)
    case("closed at every octet", closed_at_every_octet)
    case("reset at every command", reset_at_every_command)
    case("octet by octet", octet_by_octet)
    case("random octets", random_octets, mock=measured)
    case("a line of 20 MB", long_line, proxy, mock=measured)
    case("a content line of 20 MB", long_content_line)
    case("20000 commands in one group", long_group)
    case("talks before the greeting", early_talker)
    case("plaintext after STARTTLS", after_starttls)
    case("a chunk of 2^64 octets", endless_chunk)
    case("a chunk that is refused", refused_chunk)
    case("errors in a row", errors_in_a_row)
    case("200 silent connections", silent)


def connect(mock):
    return socket.create_connection((HOST, mock.port), PATIENCE)


def talk(mock, octets, port=None):
    """Sends all of it, and returns the codes of all replies until the server hangs up."""
    with socket.create_connection((HOST, port or mock.port), PATIENCE) as connection:
        def send():
            try:
                connection.sendall(octets)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it hung up first, as it may

        sender = threading.Thread(target=send)
        sender.start()
        with connection.makefile("rb") as lines:
            codes = [int(line[:3]) for line in lines if line[3:4] == b" "]
        sender.join()
        return codes


def memory(mock):
    status = pathlib.Path(f"/proc/{mock.process.pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))


def smuggling(mock, lookalike):
    second = ENVELOPE.removeprefix(b"EHLO client.example\r\n") + b"DATA\r\nTwo\r\n.\r\n"
    codes = talk(mock, ENVELOPE + b"DATA\r\nOne" + lookalike + second + b"QUIT\r\n")
    # One content, and in it a bare CR or LF; only the end that is one ends it.
    assert codes[:5] == [220, 250, 250, 250, 354], codes
    if lookalike == b"\r\n\0.\r\n":
        assert codes[5:] == [250, 221], codes
        mock.expect(b"One" + lookalike + second.removesuffix(b".\r\n"))
    else:
        assert codes[5:] == [554, 221], codes
        mock.expect_nothing()


def closed_at_every_octet(mock):
    script = ENVELOPE + b"DATA\r\nHi\r\n.\r\n"
    for length in range(len(script)):
        with connect(mock) as connection:
            connection.sendall(script[:length])
    mock.expect_nothing()


def reset_at_every_command(mock):
    script = (ENVELOPE + b"DATA\r\nHi\r\n").splitlines(keepends=True)
    for count in range(len(script)):
        with connect(mock) as connection:
            connection.sendall(b"".join(script[:count]))
            # Without a linger, closing resets the connection.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    mock.expect_nothing()


def octet_by_octet(mock):
    with connect(mock) as connection, connection.makefile("rb") as lines:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in ENVELOPE + b"DATA\r\nHi\r\n..\r\n.\r\nQUIT\r\n":
            connection.sendall(bytes([octet]))
        assert lines.read().endswith(b"\r\n221 2.0.0 mock.example closing\r\n")
    mock.expect(b"Hi\r\n.\r\n")


def random_octets(mock):
    rows = random.Random(1)
    words = [b"MAIL FROM:<", b"RCPT TO:<", b">", b"\r\n", b"\r", b"\n", b" ", b"BDAT ", b"EHLO x\r\n", b"AUTH PLAIN ", b"=", b"250 "]
    for _ in range(50):
        noise = b"".join(rows.choice(words) if rows.random() < 0.7 else rows.randbytes(3) for _ in range(500))
        assert talk(mock, noise)[0] == 220
    mock.expect_nothing()


def long_line(mock, proxy):
    before = memory(mock)
    codes = talk(mock, b"x" * 20_000_000 + b"\r\nNOOP\r\nQUIT\r\n", proxy)
    assert codes == [220, 500, 250, 221], codes
    assert memory(mock) < before + MEMORY


def long_content_line(mock):
    codes = talk(mock, ENVELOPE + b"DATA\r\n" + b"x" * 20_000_000 + b"\r\n.\r\nQUIT\r\n")
    assert codes[5:] == [250, 221], codes
    assert mock.next()[1] == b"x" * 20_000_000 + b"\r\n"


def long_group(mock):
    # By default a hundred commands may send no mail, and the hello is one of them; then the session ends.
    codes = talk(mock, b"EHLO client.example\r\n" + b"NOOP\r\n" * 20_000 + b"QUIT\r\n")
    assert codes == [220, 250, *[250] * 99, 421], len(codes)


def early_talker(mock):
    codes = talk(mock, ENVELOPE + b"DATA\r\nHi\r\n.\r\nQUIT\r\n")
    assert codes == [220, 250, 250, 250, 354, 250, 221], codes
    mock.expect(b"Hi\r\n")


def after_starttls(mock):
    # It offers none.
    codes = talk(mock, b"EHLO client.example\r\nSTARTTLS\r\nNOOP\r\nQUIT\r\n")
    assert codes == [220, 250, 502, 250, 221], codes


def endless_chunk(mock):
    codes = talk(mock, ENVELOPE + b"BDAT 18446744073709551616 LAST\r\nMAIL FROM:<>\r\nQUIT\r\n")
    # Nobody could tell where its octets end, so the session does.
    assert codes == [220, 250, 250, 250, 421], codes
    codes = talk(mock, ENVELOPE + b"BDAT 18446744073709551615 LAST\r\nMAIL FROM:<>\r\nQUIT\r\n")
    assert codes[:4] == [220, 250, 250, 250] and len(codes) <= 5, codes
    mock.expect_nothing()


def refused_chunk(mock):
    chunk = b"QUIT\r\nMAIL FROM:<>\r\n"
    codes = talk(mock, b"EHLO client.example\r\nBDAT %d LAST\r\n%sNOOP\r\nQUIT\r\n" % (len(chunk), chunk))
    assert codes == [220, 250, 503, 250, 221], codes
    mock.expect_nothing()


def errors_in_a_row(mock):
    codes = talk(mock, b"WHAT\r\n" * 1000)
    # RFC 5321 section 4.3.2: a server may give up with 421.
    assert codes[0] == 220 and set(codes[1:-1]) == {500} and codes[-1] == 421 and len(codes) < 100, codes


def silent(mock):
    connections = [connect(mock) for _ in range(200)]
    assert until("a greeting for each", lambda: all(one.recv(3) == b"220" for one in connections))
    codes = talk(mock, b"NOOP\r\nQUIT\r\n")
    assert codes == [220, 250, 221], codes
    for one in connections:
        one.close()
