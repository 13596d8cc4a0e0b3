//! The scripts that start the demo's processes, from anywhere: each becomes its program.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::folder::{Folder, NodeFile};
use crate::failure::Failure;

/// Where a node takes Stripe's webhooks.
const STRIPE_HOOKS: &str = "/v1/payments/stripe/webhooks";

/// The programs of the demo's processes.
#[derive(Debug)]
pub struct Programs {
    /// The node.
    pub stoad: PathBuf,
    /// The stand-in for Stripe.
    pub stripe_sim: PathBuf,
}

impl Folder {
    /// Writes each node's `start`, and that of the stand-in for Stripe.
    pub fn write_starts(&self, programs: &Programs, require_auth: bool) -> Result<(), Failure> {
        for node in &self.cluster.nodes {
            let script = self.start(node, &programs.stoad, require_auth);
            write_start(&self.node(node.id), &script)?;
        }
        let stripe = self.stripe();
        // To whichever node lives.
        let hooks = self.cluster.nodes.iter().map(|node| format!("{}{STRIPE_HOOKS}", node.url()));
        let mut command = vec![
            ("--listen", self.cluster.stripe.clone()),
            ("--key-file", self.stripe_key().display().to_string()),
            ("--dir", stripe.display().to_string()),
            ("--webhook", hooks.collect::<Vec<_>>().join(",")),
            ("--webhook-secret-file", self.stripe_webhook_secrets().display().to_string()),
        ];
        command.extend(self.ca().map(|ca| ("--webhook-ca", ca.display().to_string())));
        let mut flags = String::new();
        for (flag, value) in &command {
            flags.push_str(&format!(" {flag} {}", quoted(value)));
        }
        let what = "the stand-in for Stripe";
        write_start(&stripe, &script(what, &stripe, &programs.stripe_sim, &flags))
    }

    /// The script that starts a node, from anywhere: it becomes the node, under the `pid` it notes.
    fn start(&self, node: &NodeFile, stoad: &Path, require_auth: bool) -> String {
        let folder = self.node(node.id);
        let mut command = vec![
            ("--dir", folder.display().to_string()),
            ("--node-id", node.id.to_string()),
            ("--http", node.http.clone()),
            ("--peer-listen", node.peer.clone()),
        ];
        for peer in &self.cluster.nodes {
            command.push(("--peer", format!("{}={},{}", peer.id, peer.peer, peer.url())));
        }
        if node.tls {
            let certs = self.certs();
            let (crt, key) = (certs.node_crt(node.id), certs.node_key(node.id));
            for (flag, file) in [
                ("--tls-cert", &crt),
                ("--tls-key", &key),
                ("--peer-ca", &certs.ca_crt()),
                ("--peer-cert", &crt),
                ("--peer-key", &key),
            ] {
                command.push((flag, file.display().to_string()));
            }
        }
        command.push(("--cluster-id", self.cluster.cluster_id.clone()));
        command.push(("--shards", self.cluster.shards.to_string()));
        command.push(("--currency", self.cluster.currency.clone()));
        command.push(("--stripe-key", self.stripe_key().display().to_string()));
        command.push(("--stripe-url", self.cluster.stripe_url()));
        command.push(("--stripe-return-url", format!("{}/_sim/", self.cluster.stripe_url())));
        let secrets = self.stripe_webhook_secrets().display().to_string();
        command.push(("--stripe-webhook-secrets", secrets));
        command.push(("--webhook-master", self.webhook_master().display().to_string()));
        command.push(("--mail-dir", self.mail().display().to_string()));
        if !require_auth {
            // A receiver to try with is on this machine, too.
            command.push(("--webhook-allow", "127.0.0.0/8,::1".to_string()));
        }
        let mut flags = String::new();
        for (flag, value) in &command {
            flags.push_str(&format!(" {flag} {}", quoted(value)));
        }
        if !require_auth {
            flags.push_str(" --trust-loopback");
        }
        script(&format!("node {}", node.id), &folder, stoad, &flags)
    }
}

/// A script that becomes a program, under the `pid` it notes, unless that runs already.
fn script(what: &str, folder: &Path, program: &Path, flags: &str) -> String {
    format!(
        "#!/bin/sh\n\
         # Starts {what} of this demo, unless it runs already. Its log: {log}\n\
         cd {folder} || exit 2\n\
         pid=$(cat pid 2>/dev/null) && grep -qsF {folder} \"/proc/$pid/cmdline\" && \
         echo \"{what} runs already: process $pid\" >&2 && exit 1\n\
         echo $$ >pid && exec {program}{flags} >>log 2>&1\n",
        log = folder.join("log").display(),
        folder = quoted(&folder.display().to_string()),
        program = quoted(&program.display().to_string()),
    )
}

fn write_start(folder: &Path, script: &str) -> Result<(), Failure> {
    let start = folder.join("start");
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&start, script))
        .and_then(|()| fs::set_permissions(&start, fs::Permissions::from_mode(0o755)));
    written.map_err(|error| Failure::io(&start, error))
}

/// A text as one word of a shell.
pub fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_string();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_a_word() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
