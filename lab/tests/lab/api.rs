//! The API and the page of `mock`, and mails that would attack them.

use crate::harness::{MESSAGE, Server, codes, read_until, run, text};
use serde_json::json;
use std::io::Write;

#[test]
fn sessions_and_messages() {
    let server = Server::mock_with_api(&[]);
    let mut open = server.connect();
    read_until(&mut open, "\r\n");
    open.write_all(b"HELO client.example\r\nMAIL FROM: <joe@client.example>\r\n").unwrap();
    read_until(&mut open, "Sender OK\r\n");
    server.dialogue(MESSAGE);

    // A session that goes on is there as it happens, with what is wrong with it.
    let sessions = server.get("/api/sessions");
    assert_eq!((&sessions[0]["id"], &sessions[0]["open"]), (&json!(1), &json!(true)), "{sessions}");
    assert_eq!((&sessions[1]["messages"], &sessions[1]["commands"]), (&json!(1), &json!(5)), "{sessions}");
    let session = server.get("/api/sessions/1");
    let records = session["records"].as_array().unwrap();
    let mail = records.iter().find(|record| record["text"] == "MAIL FROM: <joe@client.example>").unwrap();
    assert_eq!(mail["who"], "client");
    assert_eq!(mail["violations"][0]["violation"], "space-after-colon");
    assert_eq!(mail["violations"][0]["clause"], "RFC 5321 3.3");
    // Each line has its state: that in which it was read, and after a reply the one that it leads to (RFC 5321 section 4.1.4).
    let states = records.iter().map(|record| format!("{} {}", record["who"], record["state"])).collect::<Vec<_>>();
    let expected = ["server start", "client start", "server ready", "client ready", "server mail"];
    assert_eq!(states.join(", ").replace('"', ""), expected.join(", "));

    let messages = server.get("/api/messages");
    let expected = json!([{
        "id": 1, "session": 2, "from": "joe@client.example", "to": ["ann@mx.example"], "size": 24, "subject": "hello",
    }]);
    assert_eq!(messages, expected);
    let message = server.get("/api/messages/1");
    assert_eq!(message["envelope"]["hello"], "client.example");
    assert_eq!(message["header"], json!([["Subject", "hello"]]));
    let (_, head, body) = server.request("GET", "/api/messages/1/raw", "", "");
    assert_eq!(text(&body), "Subject: hello\r\n\r\n.dot\r\n");
    assert!(head.contains("content-disposition: attachment"), "{head}");

    let last = server.get("/api/sessions?last=1");
    assert_eq!((last.as_array().unwrap().len(), &last[0]["id"]), (1, &json!(2)), "{last}");
    assert_eq!(server.get("/api/messages?last=9"), expected);
    assert_eq!(server.get("/api/messages?last=0"), json!([]));
    assert_eq!(server.request("GET", "/api/messages?last=x", "", "").0, 400);
    assert_eq!(server.request("DELETE", "/api/messages", "", "").0, 204);
    assert_eq!(server.get("/api/messages"), json!([]));
    for path in ["/api/messages/1", "/api/messages/1/raw", "/api/sessions/9", "/api/sessions/x", "/nothing"] {
        assert_eq!(server.request("GET", path, "", "").0, 404, "{path}");
    }
}

#[test]
fn faults_are_switched() {
    let server = Server::mock_with_api(&["--fault", "mail=450"]);
    assert_eq!(server.get("/api/faults"), json!({ "mail": ["450"] }));
    let kind = "Content-Type: application/json\r\n";
    let (status, _, body) =
        server.request("PUT", "/api/faults", r#"{"eod": "554 5.6.0 no", "rcpt": ["delay:0", "451"]}"#, kind);
    assert_eq!((status, text(&body)), (200, r#"{"eod":["554 5.6.0 no"],"rcpt":["delay:0","451"]}"#.to_owned()));
    assert_eq!(
        codes(&server.dialogue("EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nQUIT\r\n"))[2..],
        ["250", "451", "221"]
    );

    // What is no fault changes nothing, and is told.
    for wrong in [r#"{"rcpt": "250"}"#, r#"{"lunch": "450"}"#, r#"{"rcpt": 450}"#, "[]", r#"{"rcpt": "delay:-1"}"#] {
        assert_eq!(server.request("PUT", "/api/faults", wrong, kind).0, 400, "{wrong}");
    }
    assert_eq!(server.request("PUT", "/api/faults", "{", kind).0, 400);
    assert_eq!(server.get("/api/faults")["rcpt"], json!(["delay:0", "451"]));
    assert_eq!(server.request("PUT", "/api/faults", "{}", kind).0, 200);
    assert_eq!(codes(&server.dialogue(MESSAGE)).last(), Some(&"221"));
}

/// The places and forms of faults have one table: each that is offered is taken, and the help has them all.
#[test]
fn faults_that_are_offered_are_taken() {
    let server = Server::mock_with_api(&[]);
    let choices = server.get("/api/faults/choices");
    let help = text(&run(&["mock", "--help"], b"").stdout);
    let list = |name: &str| choices[name].as_array().unwrap().clone();
    assert!(list("places").len() >= 15 && list("examples").len() >= 4, "{choices}");
    for place in list("places") {
        for example in list("examples") {
            let (when, what) = (place["when"].as_str().unwrap(), example["what"].as_str().unwrap());
            let body = json!({ when: what }).to_string();
            let (status, _, _) = server.request("PUT", "/api/faults", &body, "Content-Type: application/json\r\n");
            assert_eq!(status, 200, "{body}");
            assert!(help.contains(when) && help.contains(what), "{body}: {help}");
        }
    }
}

/// The page has no script but its own, loads nothing from elsewhere, and the policy says so to the browser.
#[test]
fn the_page_is_self_contained() {
    let server = Server::mock_with_api(&[]);
    for path in ["/", "/page.js", "/page.css", "/icon.svg", "/api/sessions", "/nothing"] {
        let (_, head, body) = server.request("GET", path, "", "");
        for part in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(head.contains(part), "{path}: {head}");
        }
        assert!(!head.contains("unsafe-"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let body = text(&body);
        // Of clauses, which a person may follow, and the name of a language, which nothing follows.
        let outside = body.replace("https://www.rfc-editor.org/rfc/rfc", "").replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http://") && !outside.contains("https://"), "{path}");
        assert!(!body.contains("innerHTML") && !body.contains("style=") && !body.contains("onclick"), "{path}");
    }
}

/// Other pages in the same browser reach it too; they may not use it.
#[test]
fn requests_of_other_pages_are_refused() {
    let server = Server::mock_with_api(&[]);
    for header in ["Origin: http://elsewhere.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        assert_eq!(server.request("DELETE", "/api/messages", "", header).0, 403, "{header}");
        assert_eq!(server.request("GET", "/api/messages", "", header).0, 403, "{header}");
    }
    // A name in the DNS can be made to point here, and the browser then sees one origin.
    for (host, code) in
        [("evil.example:8025", 403), ("evil.example", 403), ("localhost:8025", 200), ("mock", 200), ("[::1]:80", 200)]
    {
        assert_eq!(server.request_as(host, "GET", "/api/messages", "", "").0, code, "{host}");
    }
    let own = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", server.addresses[1]);
    assert_eq!(server.request("DELETE", "/api/messages", "", &own).0, 204);
}

/// A mail with a script in subject, header, body and envelope is data wherever it is shown.
#[test]
fn a_script_in_a_mail_stays_text() {
    let server = Server::mock_with_api(&[]);
    let script = "<script>alert(1)</script>";
    let heard = server.dialogue(&format!(
        "EHLO client.example\r\nMAIL FROM:<\"{script}\"@client.example>\r\nRCPT TO:<\"{script}\"@mx.example>\r\nDATA\r\n\
         Subject: {script}\r\nX-Image: <img src=x onerror=alert(1)>\r\nContent-Type: text/html\r\n\r\n{script}\r\n.\r\nQUIT\r\n"
    ));
    assert_eq!(codes(&heard).last(), Some(&"221"), "{heard}");
    assert_eq!(server.get("/api/messages")[0]["subject"], script);
    assert_eq!(server.get("/api/messages/1")["envelope"]["to"], json!([format!("\"{script}\"@mx.example")]));
    for path in ["/api/messages", "/api/messages/1", "/api/messages/1/raw", "/api/sessions", "/api/sessions/1"] {
        let (_, head, _) = server.request("GET", path, "", "");
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
        assert!(matches!(kind, "application/json" | "message/rfc822"), "{path}: {kind}");
    }
}
