//! What the test cards do, by the tokens of their payment methods
//! (<https://docs.stripe.com/testing>). Card numbers are not taken: only tokens.

/// What a card does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// It pays.
    Pays(Later),
    /// It declines.
    Declines(Decline),
    /// Its owner has to prove who they are, and then it pays or declines.
    Asks(Option<Decline>),
}

/// What becomes of a payment later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Nothing.
    Nothing,
    /// The owner disputes it once it is captured, for a reason.
    Disputed(&'static str),
    /// Its refunds pend before they succeed.
    RefundsPend,
    /// Its refunds succeed, and fail after that.
    RefundsFail,
}

/// Why a card declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decline {
    /// The error's code.
    pub code: &'static str,
    /// The bank's reason; the same as the code where that says it all.
    pub decline_code: &'static str,
}

/// What pays and does nothing else.
const BRANDS: [&str; 13] = [
    "pm_card_visa",
    "pm_card_visa_debit",
    "pm_card_mastercard",
    "pm_card_mastercard_debit",
    "pm_card_mastercard_prepaid",
    "pm_card_amex",
    "pm_card_discover",
    "pm_card_diners",
    "pm_card_jcb",
    "pm_card_unionpay",
    "pm_card_us",
    "pm_card_de",
    "pm_card_bypassPending",
];

/// The card of a token, if there is one.
pub fn card(token: &str) -> Option<Card> {
    if BRANDS.contains(&token) {
        return Some(Card::Pays(Later::Nothing));
    }
    let declined = |decline_code| Decline { code: "card_declined", decline_code };
    let named = |code| Decline { code, decline_code: code };
    // The same cards are there with and without the brand.
    let name = token.strip_prefix("pm_card_")?;
    let name = name.strip_prefix("visa_").unwrap_or(name);
    Some(match name {
        "chargeDeclined" => Card::Declines(declined("generic_decline")),
        "chargeDeclinedInsufficientFunds" => Card::Declines(declined("insufficient_funds")),
        "chargeDeclinedLostCard" => Card::Declines(declined("lost_card")),
        "chargeDeclinedStolenCard" => Card::Declines(declined("stolen_card")),
        "chargeDeclinedFraudulent" | "radarBlock" => Card::Declines(declined("fraudulent")),
        "chargeDeclinedExpiredCard" => Card::Declines(named("expired_card")),
        "chargeDeclinedIncorrectCvc" => Card::Declines(named("incorrect_cvc")),
        "chargeDeclinedProcessingError" => Card::Declines(named("processing_error")),
        "authenticationRequired" | "threeDSecure2Required" | "threeDSecureRequired" => {
            Card::Asks(None)
        }
        "threeDSecureRequiredChargeDeclined" => Card::Asks(Some(declined("generic_decline"))),
        "createDispute" => Card::Pays(Later::Disputed("fraudulent")),
        "createDisputeProductNotReceived" => Card::Pays(Later::Disputed("product_not_received")),
        "pendingRefund" => Card::Pays(Later::RefundsPend),
        "refundFail" => Card::Pays(Later::RefundsFail),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cards_and_numbers_are_not() {
        assert_eq!(card("pm_card_visa"), Some(Card::Pays(Later::Nothing)));
        assert_eq!(card("pm_card_chargeDeclined"), card("pm_card_visa_chargeDeclined"));
        for none in ["4242424242424242", "pm_card_", "pm_1", "tok_visa", ""] {
            assert_eq!(card(none), None, "{none}");
        }
    }
}
