//! Why a TLS connection failed, in the words of whoever must mend it.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// What went wrong, if it was TLS and not the connection below it.
pub(crate) fn of(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref::<Error>().map(say)
}

fn say(error: &Error) -> String {
    let said = match error {
        Error::InvalidCertificate(why) => theirs(why),
        Error::NoCertificatesPresented => "the other node shows no certificate",
        Error::AlertReceived(alert) => ours(*alert),
        Error::InvalidMessage(_) => "the other node does not speak TLS: has it a --peer-cert?",
        _ => "",
    };
    match said {
        "" => format!("TLS failed: {error}"),
        said => said.to_owned(),
    }
}

/// What this node finds wrong with the other's certificate.
fn theirs(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the other node's certificate is not signed by a CA in --peer-ca: is it a node of \
             another cluster, or has the CA changed?"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the other node's certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the other node's certificate is not valid yet: compare the machines' clocks"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the other node's certificate is not for nodes: it needs both client and server \
             authentication among its extended key usages"
        }
        _ => "",
    }
}

/// What the other node finds wrong with this one's.
fn ours(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "the other node refuses this node's certificate: its --peer-ca does not have our CA"
        }
        AlertDescription::CertificateExpired => {
            "the other node refuses this node's certificate: it has expired, or is not valid yet"
        }
        AlertDescription::CertificateRequired => "the other node asks for a certificate",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown => {
            "the other node refuses this node's certificate; its log says why"
        }
        _ => "",
    }
}
