# Sends files with net/smtp. Its argument is what `programs.py` says of the task, in JSON; it prints who was taken and who was not.

require "json"
require "net/smtp"
require "openssl"

task = JSON.parse(ARGV[0])
smtp = Net::SMTP.new(task["host"], task["port"])
# By default it would use STARTTLS wherever it is offered.
smtp.disable_starttls
context = OpenSSL::SSL::SSLContext.new
context.set_params(ca_file: task["ca"]) if task["ca"]
smtp.enable_tls(context) if task["tls"] == "implicit"
smtp.enable_starttls(context) if task["tls"] == "starttls"
user = task["user"] ? [task["user"], task["password"], :plain] : []
told = []
smtp.start("client.example", *user) do
  task["files"].each do |file|
    smtp.mailfrom(task["from"])
    accepted, rejected = task["to"].partition do |to|
      smtp.rcptto(to)
    rescue Net::SMTPFatalError, Net::SMTPServerBusy
      false
    end
    raise "nobody is accepted" if accepted.empty?
    smtp.data(File.binread(file))
    told << { accepted: accepted, rejected: rejected }
  end
end
puts JSON.generate(told)
