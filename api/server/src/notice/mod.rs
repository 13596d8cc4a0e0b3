//! Notices by mail: what customers are told of their orders.
//!
//! ```text
//!  a shard that this node leads
//!    rows (waiting) ─► sender ─► StartNotices ─► letter ─► transport: SMTP, or a folder
//!    rows ◄─────────── SettleNotices ◄──────────────────────┴ sent · failed · refused
//! ```
//!
//! `supervisor` runs a sender for each shard that this node leads. What is being sent is noted
//! before the mail server is asked; a new leader sends again what nobody knows the outcome of,
//! under the same `Message-ID`: at least once, maybe twice. Where there is no transport, notices
//! wait, and are given up once they are three days old. Nothing here logs an address, a password or
//! what a mail says.

mod flags;
mod folder;
mod letter;
mod sender;
mod smtp;
mod supervisor;
mod template;

use std::fmt;
use std::path::PathBuf;

use engine_core::notice::NoticeOutcome;
use lettre::message::Mailbox;

pub use flags::NoticeFlags;
pub use supervisor::run;

use flags::SmtpUrl;
use folder::Folder;
use letter::Letter;
use smtp::Smtp;

/// The longest name of a shop, in bytes.
const SHOP_BYTES_MAX: usize = 100;

/// What the node needs to send mail.
pub struct Notices {
    /// How mail leaves; none if it does not.
    transport: Option<Transport>,
    /// From whom it is.
    from: Mailbox,
    /// What the shop is called.
    shop: String,
    /// Tells this cluster's mail from another's.
    cluster: String,
}

/// How mail leaves the node.
enum Transport {
    Smtp(Smtp),
    Folder(Folder),
}

/// Why no mail can be sent.
#[derive(Debug, thiserror::Error)]
pub enum BadNotices {
    /// The password's file.
    #[error("cannot read --smtp-password {path}: {error}")]
    Password {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A password where others see it.
    #[error("--smtp-url has a password: put it in a file, --smtp-password")]
    PasswordInUrl,
    /// A user without a password, or the reverse.
    #[error("the user in --smtp-url and the file of --smtp-password go together: give both")]
    HalfCredentials,
    /// Who sends.
    #[error("--mail-from {0:?} is no address: write it as orders@shop.example")]
    From(String),
    /// The shop's name.
    #[error("--shop-name is 1 to {SHOP_BYTES_MAX} bytes without control characters")]
    Shop,
    /// The folder.
    #[error("cannot use --mail-dir {path}: {error}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// TLS.
    #[error("cannot make a client for --smtp-url: {0}")]
    Client(#[from] lettre::transport::smtp::Error),
}

impl Notices {
    /// As the flags say.
    pub fn new(flags: &NoticeFlags, cluster: &str) -> Result<Self, BadNotices> {
        let shop = flags.shop_name.clone();
        if !(1..=SHOP_BYTES_MAX).contains(&shop.len()) || shop.chars().any(char::is_control) {
            return Err(BadNotices::Shop);
        }
        let from = flags.mail_from.parse();
        let from = from.map_err(|_| BadNotices::From(flags.mail_from.clone()))?;
        let transport = match (&flags.smtp_url, &flags.mail_dir) {
            (Some(url), _) => Some(Transport::Smtp(Smtp::new(url, password(flags, url)?)?)),
            (None, Some(dir)) => Some(Transport::Folder(Folder::open(dir)?)),
            (None, None) => None,
        };
        let plain = |char: &char| char.is_ascii_alphanumeric() || *char == '-';
        let cluster = cluster.chars().filter(plain).collect();
        Ok(Self { transport, from: Mailbox::new(Some(shop.clone()), from), shop, cluster })
    }

    /// Mail leaves this node.
    pub fn is_on(&self) -> bool {
        self.transport.is_some()
    }

    /// Sends a letter; a node without a transport never does.
    async fn send(&self, letter: Letter) -> NoticeOutcome {
        match &self.transport {
            Some(Transport::Smtp(smtp)) => smtp.send(letter).await,
            Some(Transport::Folder(folder)) => folder.put(letter).await,
            None => NoticeOutcome::Refused { code: None },
        }
    }
}

/// The password of the user whom the URL names, if it names one.
fn password(flags: &NoticeFlags, url: &SmtpUrl) -> Result<Option<Password>, BadNotices> {
    match (&url.user, &flags.smtp_password) {
        _ if url.has_password => Err(BadNotices::PasswordInUrl),
        (Some(_), Some(file)) => {
            let path = file.display().to_string();
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| BadNotices::Password { path, error })?;
            Ok(Some(Password(text.trim_end_matches(['\r', '\n']).to_owned())))
        }
        (None, None) => Ok(None),
        _ => Err(BadNotices::HalfCredentials),
    }
}

/// A password. No output shows it.
struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> NoticeFlags {
        NoticeFlags { mail_from: "a@b".into(), shop_name: "Shop".into(), ..NoticeFlags::default() }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let made = |flags: NoticeFlags| Notices::new(&flags, "c").map(|notices| notices.is_on());
        assert!(matches!(made(flags()), Ok(false)));
        let shop_name = "A\r\nBcc: x@y".to_owned();
        assert!(matches!(made(NoticeFlags { shop_name, ..flags() }), Err(BadNotices::Shop)));
        let mail_from = "a@b\r\nBcc: x@y".to_owned();
        assert!(matches!(made(NoticeFlags { mail_from, ..flags() }), Err(BadNotices::From(_))));
        let smtp_url = "smtps://ann@mail.example".parse().ok();
        let alone = made(NoticeFlags { smtp_url, ..flags() });
        assert!(matches!(alone, Err(BadNotices::HalfCredentials)));
        let smtp_url = "smtps://ann:planted@mail.example".parse().ok();
        let shown = made(NoticeFlags { smtp_url, ..flags() });
        assert!(matches!(shown, Err(BadNotices::PasswordInUrl)));
        assert_eq!(format!("{:?}", Password("planted".into())), "Password(…)");
    }
}
