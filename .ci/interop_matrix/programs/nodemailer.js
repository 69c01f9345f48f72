// Sends files with nodemailer. Its argument is what `programs.py` says of the task, in JSON; it prints who was taken and who was not.

const fs = require("fs");
const nodemailer = require("nodemailer");

async function main(task) {
  const transport = nodemailer.createTransport({
    host: task.host,
    port: task.port,
    name: "client.example",
    secure: task.tls === "implicit",
    ignoreTLS: task.tls === "off",
    requireTLS: task.tls === "starttls",
    tls: task.ca ? { ca: fs.readFileSync(task.ca), servername: "localhost" } : undefined,
    auth: task.user ? { user: task.user, pass: task.password } : undefined,
    lmtp: task.lmtp,
    pool: task.pool,
    maxConnections: 5,
  });
  const dsn = task.dsn ? { id: "a+b", return: "headers", notify: ["success", "delay"], recipient: task.to[0] } : undefined;
  const send = (file) =>
    transport.sendMail({ envelope: { from: task.from, to: task.to, dsn, use8BitMime: true }, dsn, raw: fs.readFileSync(file) });
  const told = await Promise.all(task.files.map(send));
  transport.close();
  console.log(JSON.stringify(told.map(({ accepted, rejected }) => ({ accepted, rejected }))));
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
