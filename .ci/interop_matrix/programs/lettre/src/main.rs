//! Sends files with lettre. Its argument is what `programs.py` says of the task, in JSON; it prints who was taken and who was not.

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::PoolConfig;
use lettre::{SmtpTransport, Transport};
use serde_json::{json, Value};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let task: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("no task")?)?;
    let text = |name: &str| task[name].as_str().unwrap_or_default();
    let list = |name: &str| -> Vec<String> {
        let items = task[name].as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let mut builder = SmtpTransport::builder_dangerous(text("host"))
        .port(task["port"].as_u64().ok_or("no port")?.try_into()?)
        .hello_name(ClientId::Domain("client.example".to_owned()))
        .pool_config(PoolConfig::new().max_size(5));
    if text("tls") != "off" {
        let certificate = Certificate::from_pem(&std::fs::read(text("ca"))?)?;
        let parameters = TlsParameters::builder("localhost".to_owned())
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificate)
            .build_rustls()?;
        builder = builder.tls(match text("tls") {
            "implicit" => Tls::Wrapper(parameters),
            _ => Tls::Required(parameters),
        });
    }
    if let Some(user) = task["user"].as_str() {
        let credentials = Credentials::new(user.to_owned(), text("password").to_owned());
        builder = builder.credentials(credentials).authentication(vec![Mechanism::Plain]);
    }
    let transport = builder.build();
    let to = list("to").iter().map(|to| to.parse()).collect::<Result<Vec<_>, _>>()?;
    let envelope = Envelope::new(Some(text("from").parse()?), to)?;
    let send = |file: &String| -> Result<(), String> {
        let content = std::fs::read(file).map_err(|error| error.to_string())?;
        // It ends the last line itself, one that has an end too.
        let content = content.strip_suffix(b"\r\n").unwrap_or(&content);
        transport.send_raw(&envelope, content).map(drop).map_err(|error| error.to_string())
    };
    let files = list("files");
    if task["pool"] == true {
        std::thread::scope(|scope| {
            let sending: Vec<_> = files
                .chunks(files.len().div_ceil(5))
                .map(|some| scope.spawn(|| some.iter().try_for_each(send)))
                .collect();
            sending.into_iter().try_for_each(|one| one.join().map_err(|_| "a panic".to_owned())?)
        })?;
    } else {
        files.iter().try_for_each(send)?;
    }
    // It sends to all recipients or to none.
    let told: Vec<Value> = files.iter().map(|_| json!({ "accepted": list("to"), "rejected": [] })).collect();
    println!("{}", Value::from(told));
    Ok(())
}
