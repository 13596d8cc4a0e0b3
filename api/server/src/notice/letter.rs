//! A mail, made of a notice and its order. The same notice makes the same mail, to the byte, unless
//! its order has changed: date, `Message-ID` and boundary are made of the notice.

use std::time::{Duration, UNIX_EPOCH};

use engine_core::notice::{Notice, NoticeId};
use engine_core::order::Order;
use lettre::Message;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::Notices;
use super::template::{self, Facts, Text};

/// The end of the year 9999, the last that a mail's date can tell, in Unix milliseconds.
const LATEST_MS: u64 = 253_402_300_799_000;

/// A mail to send.
pub struct Letter {
    /// Its `Message-ID` without the brackets.
    pub name: String,
    /// The mail.
    pub mail: Message,
}

/// Tells other programs not to answer (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Why there is no mail: an address that no mail can go to.
#[derive(Debug)]
pub struct NoAddress;

impl Notices {
    /// The letter that tells a notice.
    pub(super) fn letter(
        &self,
        id: NoticeId,
        notice: &Notice,
        order: &Order,
    ) -> Result<Letter, NoAddress> {
        let email = order.contact.email.as_ref().ok_or(NoAddress)?;
        let to = email.0.parse().map_err(|_| NoAddress)?;
        let name = format!("{id}.{}@{}", self.cluster, self.from.email.domain());
        let lines = order.lines.iter();
        let facts = Facts {
            shop: &self.shop,
            order: order.id.to_string(),
            currency: order.currency,
            total: order.total,
            lines: lines.map(|it| (it.quantity, it.name.as_str(), it.unit_price)).collect(),
        };
        let Text { subject, plain, html } = template::text(&notice.kind, &facts);
        let body = MultiPart::alternative()
            .boundary(format!("=_{id}"))
            .singlepart(SinglePart::plain(plain))
            .singlepart(SinglePart::html(html));
        let mail = Message::builder()
            .message_id(Some(format!("<{name}>")))
            .date(UNIX_EPOCH + Duration::from_millis(notice.at.min(LATEST_MS)))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .header(AutoSubmitted)
            .multipart(body);
        mail.map(|mail| Letter { name, mail }).map_err(|_| NoAddress)
    }
}
