// A server on smtp-server. Its argument is a JSON object of options: folder, lmtp, secure, auth, cert, key. It prints its port, and keeps
// message N as N.eml and N.json in the folder, as `smtp-lab mock` does.

const fs = require("fs");
const path = require("path");
const { SMTPServer } = require("smtp-server");

const options = JSON.parse(process.argv[2]);
let last = 0;

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

const server = new SMTPServer({
  name: "mx.example",
  banner: "ready",
  lmtp: options.lmtp,
  secure: options.secure,
  hideSTARTTLS: !options.cert,
  hideSMTPUTF8: false,
  ...(options.cert ? { cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key) } : {}),
  authOptional: !options.auth,
  allowInsecureAuth: !options.cert,
  size: 50_000_000,
  disableReverseLookup: true,
  onAuth({ username, password }, session, done) {
    const right = username === "user" && password === "pass";
    done(right ? null : refusal(535, "5.7.8 wrong"), { user: username });
  },
  onRcptTo({ address }, session, done) {
    done(address.startsWith("no") ? refusal(550, "5.1.1 nobody") : address.startsWith("later") ? refusal(450, "4.2.1 later") : null);
  },
  onData(stream, session, done) {
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("end", () => {
      const { mailFrom, rcptTo } = session.envelope;
      const file = path.join(options.folder, String(++last));
      fs.writeFileSync(`${file}.eml`, Buffer.concat(pieces));
      const envelope = {
        from: mailFrom.address || "", to: rcptTo.map(({ address }) => address), tls: session.secure, user: session.user || null,
        mail: mailFrom.args || {}, dsn: rcptTo.map(({ dsn }) => dsn || {}),
      };
      fs.writeFileSync(`${file}.new`, JSON.stringify(envelope));
      fs.renameSync(`${file}.new`, `${file}.json`);
      done(null, options.lmtp ? rcptTo.map(() => "2.0.0 kept") : "2.0.0 kept");
    });
  },
});

server.on("error", (error) => console.error(error.message));
server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.server.address().port}`));
