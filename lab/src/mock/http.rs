//! The web page and the JSON API of the mock server. Whatever a mail has in it goes out as JSON or as a download, never as a page.

use super::desk::{Desk, Message, Visit};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Nothing but our own script and style is loaded, no text becomes a script, and no other page shows this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

type Here = State<Arc<Desk>>;

/// Serves until the server stops.
pub(crate) async fn serve(listener: TcpListener, desk: Arc<Desk>, mut stopped: watch::Receiver<bool>) {
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    let router = Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/index.html")))
        .route("/page.js", file("text/javascript; charset=utf-8", include_str!("page/page.js")))
        .route("/page.css", file("text/css; charset=utf-8", include_str!("page/page.css")))
        .route("/icon.svg", file("image/svg+xml", include_str!("page/icon.svg")))
        .route("/api/sessions", get(sessions))
        .route("/api/sessions/{id}", get(session))
        .route("/api/messages", get(messages).merge(delete(forget)))
        .route("/api/messages/{id}", get(message))
        .route("/api/messages/{id}/raw", get(raw))
        .route("/api/faults", get(faults).merge(put(set_faults)))
        .route("/api/faults/choices", get(|| async { Json(super::fault::choices()) }))
        .fallback(|| async { missing("path") })
        .layer(from_fn(guard))
        .with_state(desk);
    let served = axum::serve(listener, router).into_future();
    tokio::select! {
        _ = served => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Adds the headers of every answer, and refuses requests of other pages.
async fn guard(request: Request, next: Next) -> Response {
    let refused = match text(&request, header::HOST) {
        _ if is_of_another_page(&request) => Some("a request of another page"),
        Some(host) if !is_local(host) => Some("a request by a name with a dot; use the address, or localhost"),
        _ => None,
    };
    let mut response = match refused {
        Some(why) => failed(StatusCode::FORBIDDEN, why),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Returns `true` for a request of another page: a browser names the page in Origin, or says in Sec-Fetch-Site where it comes from.
fn is_of_another_page(request: &Request) -> bool {
    let host = text(request, header::HOST).unwrap_or_default();
    let foreign = text(request, header::ORIGIN)
        .is_some_and(|origin| origin.split_once("://").is_none_or(|(_, from)| from != host));
    foreign || text(request, header::HeaderName::from_static("sec-fetch-site")) == Some("cross-site")
}

/// Returns `true` for an address, and for a name without a dot such as `localhost`. Anybody can let a name in the DNS point here,
/// and a browser then takes their page and this one for the same.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => name,
        _ => host,
    };
    !name.contains('.') || name.parse::<std::net::Ipv4Addr>().is_ok() || name.starts_with('[')
}

fn text(request: &Request, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn failed(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn missing(what: &str) -> Response {
    failed(StatusCode::NOT_FOUND, &format!("there is no such {what}"))
}

/// Answers with a list, or with the last N of it for `?last=N`.
fn list<T>(all: Vec<Arc<T>>, query: &HashMap<String, String>, to_json: impl Fn(&T) -> Value) -> Response {
    let most = match query.get("last").map(|last| last.parse::<usize>()) {
        None => all.len(),
        Some(Ok(most)) => most,
        Some(Err(_)) => return failed(StatusCode::BAD_REQUEST, "last takes a number"),
    };
    let shown = all.iter().skip(all.len().saturating_sub(most));
    Json(shown.map(|one| to_json(one)).collect::<Value>()).into_response()
}

async fn sessions(State(desk): Here, Query(query): Query<HashMap<String, String>>) -> Response {
    list(desk.sessions(), &query, Visit::to_json)
}

async fn session(State(desk): Here, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| desk.session(id)) {
        Some(visit) => Json(visit.with_records()).into_response(),
        None => missing("session"),
    }
}

async fn messages(State(desk): Here, Query(query): Query<HashMap<String, String>>) -> Response {
    list(desk.messages(), &query, Message::to_json)
}

async fn message(State(desk): Here, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| desk.message(id)) {
        Some(message) => Json(message.with_envelope()).into_response(),
        None => missing("message"),
    }
}

/// Answers with the octets, as a download.
async fn raw(State(desk): Here, Path(id): Path<String>) -> Response {
    let Some(message) = id.parse().ok().and_then(|id| desk.message(id)) else { return missing("message") };
    let name = format!("attachment; filename=\"{}.eml\"", message.id());
    let headers = [(header::CONTENT_TYPE, "message/rfc822".to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, message.content.clone()).into_response()
}

async fn forget(State(desk): Here) -> StatusCode {
    desk.forget_messages();
    StatusCode::NO_CONTENT
}

async fn faults(State(desk): Here) -> Json<Value> {
    Json(desk.faults.to_json())
}

async fn set_faults(State(desk): Here, Json(faults): Json<Value>) -> Response {
    match desk.faults.set(&faults) {
        Ok(()) => Json(desk.faults.to_json()).into_response(),
        Err(error) => failed(StatusCode::BAD_REQUEST, &error),
    }
}
