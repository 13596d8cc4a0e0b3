//! The flags about mail.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use reqwest::Url;

/// How customers are told of their orders.
#[derive(Debug, Clone, Default, Args)]
pub struct NoticeFlags {
    /// The mail server: `smtps://user@host` (TLS from the start, port 465), or `smtp://user@host`
    /// (STARTTLS, port 587; on loopback without TLS). Without it and --mail-dir no mail is sent
    #[arg(long, env = "STOA_SMTP_URL", value_name = "URL", conflicts_with = "mail_dir")]
    pub smtp_url: Option<SmtpUrl>,
    /// A file with the password of the user in --smtp-url
    #[arg(long, env = "STOA_SMTP_PASSWORD", value_name = "FILE", requires = "smtp_url")]
    pub smtp_password: Option<PathBuf>,
    /// A folder where each mail becomes a file, instead of a mail server
    #[arg(long, env = "STOA_MAIL_DIR", value_name = "DIR")]
    pub mail_dir: Option<PathBuf>,
    /// From whom mail is: an address
    #[arg(long, env = "STOA_MAIL_FROM", default_value = "orders@localhost")]
    pub mail_from: String,
    /// What the shop is called in mail
    #[arg(long, env = "STOA_SHOP_NAME", default_value = "The shop")]
    pub shop_name: String,
}

/// Where a mail server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who sends there, if it asks.
    pub user: Option<String>,
    /// How it is spoken to.
    pub tls: SmtpTls,
    /// The URL has a password, which is not kept: it belongs into a file.
    pub has_password: bool,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the start.
    Always,
    /// STARTTLS, and nothing without it.
    Starts,
    /// None: it is on this machine.
    Never,
}

impl FromStr for SmtpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "a mail server is smtps://user@host:465 or smtp://user@host:587";
        let url = Url::parse(text).map_err(|_| shape)?;
        let bare = ["", "/"].contains(&url.path()) && url.query().is_none();
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if !bare || url.fragment().is_some() || host.is_empty() {
            return Err(shape.to_owned());
        }
        let is_here =
            host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let (tls, port) = match url.scheme() {
            "smtps" => (SmtpTls::Always, 465),
            "smtp" if is_here => (SmtpTls::Never, 587),
            "smtp" => (SmtpTls::Starts, 587),
            _ => return Err(shape.to_owned()),
        };
        let user = url.username();
        let user = (!user.is_empty()).then(|| decoded(user)).transpose()?;
        // Refused later: what is refused here is shown, password and all.
        let has_password = url.password().is_some();
        Ok(Self { host, port: url.port().unwrap_or(port), user, tls, has_password })
    }
}

/// A text without its percent-encoding.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or("% is followed by two digits")?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| "% is followed by two digits")?;
        bytes.push(byte);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).map_err(|_| "the user's name is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_named_by_a_url_without_a_password() {
        let read = |text: &str| text.parse::<SmtpUrl>();
        let server = |host: &str, port, user: Option<&str>, tls| {
            let (host, user) = (host.to_owned(), user.map(str::to_owned));
            Ok(SmtpUrl { host, port, user, tls, has_password: false })
        };
        let ann = Some("ann@shop.example");
        let tls = SmtpTls::Always;
        let full = read("smtps://ann%40shop.example@mail.example");
        assert_eq!(full, server("mail.example", 465, ann, tls));
        assert_eq!(read("smtp://m.example:25/"), server("m.example", 25, None, SmtpTls::Starts));
        assert_eq!(read("smtp://127.0.0.1:2525"), server("127.0.0.1", 2525, None, SmtpTls::Never));
        assert_eq!(read("smtp://[::1]"), server("::1", 587, None, SmtpTls::Never));
        assert_eq!(read("smtps://localhost"), server("localhost", 465, None, SmtpTls::Always));
        for bad in [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://m.example/path",
            "smtp://m.example?tls=none",
            "smtps://a%4@m.example",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let given = read("smtps://ann:planted@m.example").unwrap();
        assert!(given.has_password && !format!("{given:?}").contains("planted"));
    }
}
