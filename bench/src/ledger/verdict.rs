//! What the ledger found.

use api_client::Audit;
use serde::Serialize;

/// How many examples of a kind of finding are kept.
const EXAMPLES_MAX: usize = 5;

/// Findings of one kind: how many, and the first few.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Findings {
    /// How many.
    pub(crate) count: u64,
    /// The first few.
    pub(crate) examples: Vec<String>,
}

impl Findings {
    /// One more.
    pub(crate) fn note(&mut self, what: String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(what);
        }
    }
}

/// What the ledger found.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Verdict {
    /// Orders acknowledged, those included that became clear afterwards.
    pub(crate) orders: u64,
    /// Unclear orders that turned out to be placed, or were placed when asked for again.
    pub(crate) resolved_placed: u64,
    /// Unclear orders that turned out to be refused.
    pub(crate) resolved_refused: u64,
    /// Orders found under another key asked for again.
    pub(crate) replayed: u64,
    /// Products whose level was compared.
    pub(crate) levels: u64,
    /// Payments that were held against the provider's books.
    pub(crate) payments: u64,
    /// Orders that stayed unclear.
    pub(crate) still_unclear: Findings,
    /// Acknowledged orders that are not there.
    pub(crate) lost: Findings,
    /// Orders that nobody was told of, or two for one key, or one for two.
    pub(crate) doubled: Findings,
    /// Orders with other lines than were asked for.
    pub(crate) wrong: Findings,
    /// Products with more units sold than there were.
    pub(crate) oversold: Findings,
    /// Products whose level is not what the orders say.
    pub(crate) level_differs: Findings,
    /// Orders whose payment is another at the provider.
    pub(crate) payment_differs: Findings,
    /// The cluster's own audit.
    pub(crate) audit: Option<Audit>,
    /// How long checking took, in milliseconds.
    pub(crate) took_ms: u64,
}

impl Verdict {
    /// Everything holds.
    pub(crate) fn holds(&self) -> bool {
        self.findings().iter().all(|(_, findings)| findings.count == 0)
            && self.audit.as_ref().is_some_and(|audit| audit.ok)
    }

    /// The findings by name.
    pub(crate) fn findings(&self) -> [(&'static str, &Findings); 7] {
        [
            ("still unclear", &self.still_unclear),
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("wrong lines", &self.wrong),
            ("oversold", &self.oversold),
            ("level differs", &self.level_differs),
            ("payment differs", &self.payment_differs),
        ]
    }
}

#[cfg(test)]
mod tests {
    use api_client::{Audit, Checked};

    use super::Verdict;

    #[test]
    fn a_verdict_holds_only_with_a_good_audit_and_without_findings() {
        let audit = |ok| Some(Audit { ok, violations: Vec::new(), checked: Checked::default() });
        let mut verdict = Verdict::default();
        assert!(!verdict.holds());
        verdict.audit = audit(true);
        assert!(verdict.holds());
        for n in 0..10 {
            verdict.lost.note(format!("ord_{n}"));
        }
        assert!(!verdict.holds());
        assert_eq!((verdict.lost.count, verdict.lost.examples.len()), (10, 5));
        verdict = Verdict { audit: audit(false), ..Verdict::default() };
        assert!(!verdict.holds());
    }
}
