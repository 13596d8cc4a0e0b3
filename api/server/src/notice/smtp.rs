//! SMTP (RFC 5321), by lettre: connections that are used again, a deadline for each command.
//!
//! Only what a server says of this mail is final. What it says of us (a password, a greeting), a
//! 4xx, and whatever is no answer, such as a connection that broke after the text, is tried again
//! later under the same `Message-ID`.

use std::time::Duration;

use engine_core::notice::NoticeOutcome;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error, PoolConfig};
use lettre::{AsyncTransport as _, Tokio1Executor};
use tokio::time::timeout;

use super::Password;
use super::flags::{SmtpTls, SmtpUrl};
use super::letter::Letter;

/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(15);
/// How long a whole mail may take.
const MAIL: Duration = Duration::from_secs(60);
/// The most connections to the server.
const CONNECTIONS_MAX: u32 = 8;
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);
/// The answers to a mail that no other attempt changes: of the mailbox, its size, its name, the
/// transaction and the parameters (RFC 5321, 4.2.3; RFC 7504).
const FINAL: std::ops::RangeInclusive<u16> = 550..=556;

/// A mail server.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// The server of a URL, with its user's password.
    pub fn new(url: &SmtpUrl, password: Option<Password>) -> Result<Self, Error> {
        let parameters = || TlsParameters::new_rustls(url.host.clone());
        let tls = match url.tls {
            SmtpTls::Always => Tls::Wrapper(parameters()?),
            SmtpTls::Starts => Tls::Required(parameters()?),
            SmtpTls::Never => Tls::None,
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX).idle_timeout(IDLE);
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .timeout(Some(COMMAND))
            .pool_config(pool);
        if let (Some(user), Some(Password(password))) = (&url.user, password) {
            server = server.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self(server.build()))
    }

    /// Hands a letter over.
    pub async fn send(&self, letter: Letter) -> NoticeOutcome {
        match timeout(MAIL, self.0.send(letter.mail)).await {
            Ok(Ok(_)) => NoticeOutcome::Sent,
            Ok(Err(error)) => outcome(error.status().map(u16::from)),
            Err(_) => NoticeOutcome::Failed { code: None },
        }
    }
}

/// What an answer other than yes means.
fn outcome(code: Option<u16>) -> NoticeOutcome {
    match code {
        Some(said) if FINAL.contains(&said) => NoticeOutcome::Refused { code },
        _ => NoticeOutcome::Failed { code },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_the_mail_is_final() {
        for code in [550, 551, 552, 553, 554] {
            assert_eq!(outcome(Some(code)), NoticeOutcome::Refused { code: Some(code) });
        }
        for code in [421, 450, 451, 452, 500, 503, 530, 535] {
            assert_eq!(outcome(Some(code)), NoticeOutcome::Failed { code: Some(code) });
        }
        assert_eq!(outcome(None), NoticeOutcome::Failed { code: None });
    }
}
