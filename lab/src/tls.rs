//! Certificates: one that is given, or one that is made for this run.

use crate::output::{Failure, Result};
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Returns an acceptor with the chain and the key of these files.
pub(crate) fn from_files(cert: &Path, key: &Path) -> Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| Failure::at(cert, error))?;
    if chain.is_empty() {
        return Err(Failure::at(cert, "there is no certificate in it"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => Failure::at(key, "there is no private key in it"),
        error => Failure::at(key, error),
    })?;
    acceptor(chain, secret).map_err(|error| Failure::at(cert, error))
}

/// Returns an acceptor with a self-signed certificate for `localhost`, 127.0.0.1, ::1 and this name.
pub(crate) fn self_made(name: &str) -> Result<TlsAcceptor> {
    let failed = |error: &dyn std::fmt::Display| Failure::of("a certificate", error);
    let names = ["localhost", "127.0.0.1", "::1", name].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|error| failed(&error))?;
    acceptor(vec![made.cert.into()], key).map_err(|error| failed(&error))
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> std::result::Result<TlsAcceptor, rustls::Error> {
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(Arc::new(config).into())
}
