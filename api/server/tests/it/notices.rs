//! Mail to customers, as a mail server meets it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api_client::{Client, NewKey, NewOrder, Notice, Order};
use api_server::{Args, NoticeFlags, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, interval};

use crate::harness::{
    Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready, with_node,
    with_strict_node,
};

/// How long a second attempt may take to come: the first wait is half a minute.
const AGAIN: Duration = Duration::from_secs(60);

/// A mail that a server was given, whether it took it or not.
#[derive(Debug, Clone, Default)]
struct Got {
    from: String,
    to: String,
    /// What came after DATA; nothing where it did not get that far.
    text: String,
    taken: bool,
}

impl Got {
    /// A header's value, unfolded.
    fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.replace("\r\n ", " ");
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default().to_owned()
    }
}

/// A mail server on this machine. By whom a mail is to, it is taken, refused for now (`later`) or
/// for good (`never`), or the connection breaks after it (`breaks`); the latter two once.
#[derive(Clone, Default)]
struct MailServer {
    got: Arc<Mutex<Vec<Got>>>,
    /// What it asks for: `\0user\0password`.
    wants: Option<String>,
}

impl MailServer {
    /// Says on which port.
    async fn start(&self) -> Result<u16, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (server, port) = (self.clone(), listener.local_addr()?.port());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().converse(stream));
            }
        });
        Ok(port)
    }

    async fn converse(self, stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 test\r\n").await?;
        let (mut mail, mut known) = (Got::default(), self.wants.is_none());
        while let Some(line) = lines.next_line().await? {
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            let answer = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => "250-test\r\n250 AUTH PLAIN",
                "AUTH" => {
                    let shown = rest.rsplit(' ').next().unwrap_or_default();
                    let shown = STANDARD.decode(shown).unwrap_or_default();
                    known = self.wants.as_ref().is_some_and(|it| it.as_bytes() == shown);
                    if known { "235 yes" } else { "535 no" }
                }
                "MAIL" if !known => "530 who are you",
                "MAIL" => {
                    mail = Got { from: address(rest), ..Got::default() };
                    "250 yes"
                }
                "RCPT" => {
                    mail.to = address(rest);
                    let again = self.got.lock().iter().any(|got| got.to == mail.to);
                    if mail.to.starts_with("never") || mail.to.starts_with("later") && !again {
                        self.got.lock().push(mail.clone());
                    }
                    match mail.to.as_str() {
                        to if to.starts_with("never") => "550 nobody of that name",
                        to if to.starts_with("later") && !again => "451 come back",
                        _ => "250 yes",
                    }
                }
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await?;
                    while let Some(line) = lines.next_line().await? {
                        if line == "." {
                            break;
                        }
                        mail.text += &format!("{line}\r\n");
                    }
                    let again = self.got.lock().iter().any(|got| got.to == mail.to);
                    mail.taken = again || !mail.to.starts_with("breaks");
                    self.got.lock().push(mail.clone());
                    if !mail.taken {
                        return Ok(());
                    }
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 yes",
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    fn of(&self, to: &str) -> Vec<Got> {
        self.got.lock().iter().filter(|got| got.to == to).cloned().collect()
    }

    /// Waits until somebody was sent so many mails that were taken.
    async fn takes(&self, to: &str, count: usize) -> Result<Vec<Got>, Fault> {
        let mails = async || {
            let taken: Vec<_> = self.of(to).into_iter().filter(|got| got.taken).collect();
            (taken.len() >= count).then_some(taken)
        };
        within(AGAIN, mails).await
    }
}

/// What stands between angle brackets.
fn address(text: &str) -> String {
    let (_, rest) = text.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}

/// Asks again for so long until there is an answer.
async fn within<T>(most: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Result<T, Fault> {
    let until = Instant::now() + most;
    let mut looks = interval(Duration::from_millis(50));
    loop {
        looks.tick().await;
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if Instant::now() >= until {
            return Err("a condition did not come true in time".into());
        }
    }
}

fn flags() -> NoticeFlags {
    NoticeFlags {
        mail_from: "orders@shop.example".to_owned(),
        shop_name: "Tea & Söhne".to_owned(),
        ..NoticeFlags::default()
    }
}

async fn node(name: &str, notices: NoticeFlags) -> Result<Node, Fault> {
    let dir = fresh_dir(name)?;
    let ports = free_ports(2)?;
    let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
    ready(Server::start(Args { notices, ..args }).await?).await
}

async fn place(client: &Client, product: &str, email: &str) -> Result<Order, Fault> {
    let new = NewOrder { email: Some(email.to_owned()), ..order("cus_mail", &[(product, 1)]) };
    let placed = client.place_order(&format!("mail-{email}"), &new, None).await?.body;
    assert_eq!(placed.email.as_deref(), Some(email));
    Ok(placed)
}

/// The notices of an order in a state.
async fn notices(client: &Client, state: &str, order: &Order) -> Result<Vec<Notice>, Fault> {
    let all = client.notices(state, 100, None).await?.body.data;
    Ok(all.into_iter().filter(|notice| notice.order_id == order.id).collect())
}

#[test]
fn a_customer_is_told_of_an_order_by_smtp() -> Tested {
    alone(async || {
        let server = MailServer::default();
        let url = format!("smtp://127.0.0.1:{}", server.start().await?);
        let smtp_url = Some(url.parse()?);
        let node = node("smtp", NoticeFlags { smtp_url, ..flags() }).await?;
        let client = node.client()?;
        let product = node.product("Pen\r\nBcc: evil@shop.example <b>", 2_999, 100).await?.id;
        let taken = place(&client, &product, "ann@mail.example").await?;
        client.cancel_order(Some("mail-cancel"), &taken.id).await?;
        let later = place(&client, &product, "later@mail.example").await?;
        let breaks = place(&client, &product, "breaks@mail.example").await?;
        let never = place(&client, &product, "never@mail.example").await?;
        let silent = order("cus_mail", &[(&product, 1)]);
        assert_eq!(client.place_order("mail-no", &silent, None).await?.body.email, None);

        // They may come in any order.
        let mut told = server.takes("ann@mail.example", 2).await?;
        told.sort_by_key(|got| got.header("Message-ID"));
        let first = &told[0];
        assert_eq!(first.from, "orders@shop.example");
        assert_eq!(first.header("To"), "ann@mail.example");
        assert!(first.header("From").ends_with("<orders@shop.example>"), "{}", first.text);
        let name = format!("<{}-0.tests@shop.example>", taken.id);
        assert_eq!(first.header("Message-ID"), name);
        assert_eq!(first.header("Auto-Submitted"), "auto-generated");
        assert_eq!(first.header("Bcc"), "", "{}", first.text);
        assert!(!first.text.to_ascii_lowercase().contains("\nbcc:"), "{}", first.text);
        assert!(first.text.contains("29.99 USD"), "{}", first.text);
        assert!(first.text.contains("&lt;b&gt;"), "{}", first.text);
        assert_eq!(told[1].header("Message-ID"), name.replace("-0.", "-1."));

        // What is refused for good is dead at once; what is refused for now waits.
        let dead = eventually(async || {
            let dead = notices(&client, "dead", &never).await.ok()?;
            (!dead.is_empty()).then_some(dead)
        })
        .await?;
        assert_eq!((dead[0].attempts, dead[0].last_code), (1, Some(550)));
        assert!(dead[0].given_up_at.is_some() && dead[0].kind == "confirmed");
        let waiting = eventually(async || {
            let waiting = notices(&client, "waiting", &later).await.ok()?;
            waiting.into_iter().find(|notice| notice.attempts == 1)
        })
        .await?;
        assert_eq!((waiting.last_code, waiting.given_up_at), (Some(451), None));
        let second = server.takes("later@mail.example", 1).await?;
        assert_eq!(second.len(), 1);

        // Nobody knows whether a server that breaks off has taken it: the same mail comes again.
        server.takes("breaks@mail.example", 1).await?;
        let twice = server.of("breaks@mail.example");
        assert_eq!(twice.len(), 2, "{twice:?}");
        assert_eq!(twice[0].text, twice[1].text);
        assert_eq!(twice[0].header("Message-ID"), format!("<{}-0.tests@shop.example>", breaks.id));

        assert_eq!(client.replay_notices().await?.replayed, 1);
        eventually(async || (server.of("never@mail.example").len() == 2).then_some(())).await?;
        let again = eventually(async || {
            let dead = notices(&client, "dead", &never).await.ok()?;
            (!dead.is_empty()).then_some(dead)
        })
        .await?;
        assert_eq!(again[0].id, dead[0].id);
        let text = client.metrics().await?;
        let sent = "stoa_notice_attempts_total{outcome=\"sent\"}";
        assert!(text.contains(sent), "{text}");
        assert!(!text.contains("mail.example"), "an address is in the metrics");
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_wrong_password_gives_up_nothing() -> Tested {
    alone(async || {
        let wants = Some("\0ann@shop.example\0right".to_owned());
        let server = MailServer { wants, ..MailServer::default() };
        let url = format!("smtp://ann%40shop.example@127.0.0.1:{}", server.start().await?);
        let file = fresh_dir("smtp-password")?.join("password");
        std::fs::write(&file, "wrong\n")?;
        let smtp_password = Some(file.clone());
        let flags = NoticeFlags { smtp_url: Some(url.parse()?), smtp_password, ..flags() };
        let first = node("smtp-wrong", flags.clone()).await?;
        let client = first.client()?;
        let product = first.product("Pen", 2_999, 100).await?.id;
        let placed = place(&client, &product, "ann@mail.example").await?;
        let waiting = eventually(async || {
            let waiting = notices(&client, "waiting", &placed).await.ok()?;
            waiting.into_iter().find(|notice| notice.attempts == 1)
        })
        .await?;
        assert_eq!(waiting.last_code, Some(535));
        assert!(server.got.lock().is_empty());
        first.server.shutdown().await;

        std::fs::write(&file, "right\n")?;
        let second = node("smtp-right", flags).await?;
        let product = second.product("Pen", 2_999, 100).await?.id;
        place(&second.client()?, &product, "ann@mail.example").await?;
        assert_eq!(server.takes("ann@mail.example", 1).await?.len(), 1);
        second.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_folder_takes_mail_too() -> Tested {
    alone(async || {
        let dir: PathBuf = fresh_dir("mail")?;
        let node = node("folder", NoticeFlags { mail_dir: Some(dir.clone()), ..flags() }).await?;
        let client = node.client()?;
        let product = node.product("Pen", 2_999, 100).await?.id;
        let new = NewOrder {
            email: Some("ann@Mail.Example".to_owned()),
            ..order("cus_mail", &[(&product, 2)])
        };
        let placed = client.place_order("mail-folder", &new, None).await?.body;
        assert_eq!(placed.email.as_deref(), Some("ann@mail.example"));
        let file = dir.join(format!("{}-0.tests@shop.example.eml", placed.id));
        let text = eventually(async || std::fs::read_to_string(&file).ok()).await?;
        assert!(text.contains("\r\nTo: ann@mail.example\r\n"), "{text}");
        assert!(text.contains("Total: 59.98 USD"), "{text}");
        eventually(async || {
            let left = notices(&client, "waiting", &placed).await.ok()?;
            left.is_empty().then_some(())
        })
        .await?;
        assert_eq!(std::fs::read_dir(&dir)?.count(), 1, "nothing half written is left");
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_bad_address_is_refused_by_its_name_and_without_a_transport_notices_wait() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let product = node.product("Told", 500, 10).await?.id;
        for bad in ["ann", "ann@", "a@b@c", "ann@shop.example\r\nBcc: x@y", "Ann <ann@b>", "ä@b"] {
            let new = NewOrder { email: Some(bad.to_owned()), ..order("cus_m", &[(&product, 1)]) };
            let body = serde_json::to_value(&new)?;
            let refused = node.post("/v1/orders", &format!("bad {}", bad.len()), &body).await?;
            assert_eq!((refused.status, refused.param().as_str()), (400, "email"), "{bad:?}");
        }
        let placed = place(&client, &product, "ann@mail.example").await?;
        let waiting = notices(&client, "waiting", &placed).await?;
        assert_eq!((waiting.len(), waiting[0].attempts), (1, 0));
        let bad = node.get("/v1/notices?state=sent").await?;
        assert_eq!((bad.status, bad.param().as_str()), (400, "state"));
        let bad = node.get("/v1/notices?cursor=1-2").await?;
        assert_eq!((bad.status, bad.param().as_str()), (400, "cursor"));
        let after = format!("{}-{}", u64::MAX, waiting[0].id);
        let none = node.get(&format!("/v1/notices?cursor={after}&limit=1")).await?;
        assert_eq!(none.status, 200, "{}", none.text);
        Ok(())
    })
}

#[test]
fn an_address_is_shown_to_its_owner_to_sellers_and_to_support() -> Tested {
    with_strict_node(async |strict| {
        let open = strict.first()?;
        let new = serde_json::json!({"name": "Told", "price": 5, "currency": "USD", "stock": 9});
        let product = open.create_product(None, &serde_json::from_value(new)?).await?.body.id;
        let guest = strict.node.client()?.create_guest().await?;
        let theirs = strict.node.client()?.with_credentials(&guest.token)?;
        let mut new = order(&guest.customer_id, &[(&product, 1)]);
        new.payment_method = None;
        new.email = Some("ann@mail.example".to_owned());
        let placed = theirs.place_order("address", &new, None).await?.body;
        assert_eq!(placed.email, new.email);
        assert_eq!(theirs.order(&placed.id).await?.body.email, new.email);
        for (role, sees) in
            [("seller", true), ("support", true), ("analyst", false), ("service", false)]
        {
            let key = NewKey {
                name: format!("address {role}"),
                role: Some(role.to_owned()),
                ..NewKey::default()
            };
            let secret = open.create_key(None, &key).await?.secret;
            let client = strict.node.client()?.with_credentials(&secret)?;
            let shown = client.order(&placed.id).await?.body.email;
            assert_eq!(shown.is_some(), sees, "{role}");
        }
        Ok(())
    })
}
