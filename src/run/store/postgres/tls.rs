//! Encrypted connections, by Rustls.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::encryption::{Encryption, SYSTEM};
use crate::files;

/// Files in which operating systems keep the certificates of the authorities that they trust.
const SYSTEM_FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Bytes of a file of certificates at most.
const ROOT_LIMIT: u64 = 16 << 20;

/// Connector of encrypted connections; `root` is the file of the authorities that are trusted.
///
/// # Errors
/// Certificates are needed that are not given or can't be read.
pub(super) fn connector(encryption: Encryption, root: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let provider = ring::default_provider();
    let check = ServerCheck {
        authorities: if encryption < Encryption::Authority { None } else { Some(authorities(root)?) },
        names: encryption == Encryption::Host,
        algorithms: provider.signature_verification_algorithms,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?.dangerous();
    let config = builder.with_custom_certificate_verifier(Arc::new(check)).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(root: Option<&Path>) -> Result<RootCertStore, String> {
    let root = root.ok_or(
        "the certificate of its authority is not known; name it by sslrootcert=FILE or PGSSLROOTCERT, or keep it as \
         ~/.postgresql/root.crt",
    )?;
    let file = if root.as_os_str() == SYSTEM {
        SYSTEM_FILES.map(Path::new).into_iter().find(|file| file.is_file()).unwrap_or(root)
    } else {
        root
    };
    let unread =
        |error: &dyn std::fmt::Display| format!("the certificates of {} can't be read: {error}", file.display());
    let text = files::read(file, ROOT_LIMIT).map_err(|error| unread(&error))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let added = certificate
            .map_err(|error| unread(&error))
            .and_then(|certificate| store.add(certificate).map_err(|error| unread(&error)));
        // Among those of the system some may be of a kind that is not known here.
        if root.as_os_str() != SYSTEM {
            added?;
        }
    }
    if store.is_empty() { Err(unread(&"there are none")) } else { Ok(store) }
}

/// Check of a server by its certificate.
#[derive(Debug)]
struct ServerCheck {
    /// Authorities that are trusted; `None` if any server will do.
    authorities: Option<RootCertStore>,
    /// `true` if the certificate must name the host.
    names: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for ServerCheck {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            let certificate = ParsedCertificate::try_from(certificate)?;
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, authorities, intermediates, now, algorithms)?;
            if self.names {
                verify_server_name(&certificate, host)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
