//! A guide: one page for each thing that people build with this crate. The programs on the pages are compiled and run
//! by the tests.
//!
//! | page | for |
//! |---|---|
//! | [`server`] | a server with a thread for each connection |
//! | [`async_server`] | a server on tokio, with STARTTLS |
//! | [`auth`] | AUTH on both sides; a submission server |
//! | [`lmtp`] | LMTP on both sides |
//! | [`delivery`] | sending mail: the next hop, outcomes, retries, reports |
//! | [`dsn`] | requesting reports of delivery |
//! | [`bdat`] | CHUNKING and BINARYMIME on both sides |
//! | [`proxy`] | a program between a client and a server |
//! | [`audit`] | judging recorded sessions |
//! | [`fuzzing`] | fuzzing your own server, client or parser |
//! | [`conformance`] | testing your own server, client or parser against the clauses |
//! | [`no_std`] | using the crate without `std`, and without an allocator |
//! | [`attacks`] | smuggling and injection: what the crate does about each known attack |
//! | [`leniency`] | peers that deviate from the grammar |
//! | [`migration`] | coming from smtp-proto, lettre or mailin |
//!
//! The module exists in the documentation only.

macro_rules! pages {
    ($($(#[doc = $title:literal])+ $page:ident,)*) => {
        $(
            $(#[doc = $title])+
            ///
            #[doc = include_str!(concat!("guide/", stringify!($page), ".md"))]
            pub mod $page {}
        )*
    };
}

pages! {
    /// A server with a thread for each connection.
    server,
    /// A server on tokio, with STARTTLS.
    async_server,
    /// AUTH on both sides.
    auth,
    /// LMTP on both sides.
    lmtp,
    /// Sending mail: the next hop, outcomes, retries, reports.
    delivery,
    /// Requesting reports of delivery.
    dsn,
    /// CHUNKING and BINARYMIME on both sides.
    bdat,
    /// A program between a client and a server.
    proxy,
    /// Judging recorded sessions.
    audit,
    /// Fuzzing your own server, client or parser.
    fuzzing,
    /// Testing your own server, client or parser against the clauses.
    conformance,
    /// Using the crate without `std`, and without an allocator.
    no_std,
    /// Smuggling and injection: what the crate does about each known attack.
    attacks,
    /// Peers that deviate from the grammar.
    leniency,
    /// Coming from smtp-proto, lettre or mailin.
    migration,
}
