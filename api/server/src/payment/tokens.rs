//! What the simulated cards do: Stripe's test tokens by their names, and a few of our own.

/// What a card does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// It authorizes.
    Approves,
    /// It declines with a code; a final one allows no other try.
    Declines {
        /// The provider's decline code.
        code: &'static str,
        /// Lost, stolen or fraud.
        is_final: bool,
    },
    /// The customer must prove who they are.
    RequiresAction,
    /// It authorizes, and the answer is lost on the way.
    LosesAnswer,
    /// It authorizes after a while.
    Slow,
}

/// The card of a token, if the simulator has one.
pub fn card(token: &str) -> Option<Card> {
    let declines = |code| Card::Declines { code, is_final: false };
    let ends = |code| Card::Declines { code, is_final: true };
    Some(match token {
        "pm_card_visa"
        | "pm_card_visa_debit"
        | "pm_card_mastercard"
        | "pm_card_mastercard_debit"
        | "pm_card_amex"
        | "pm_card_discover"
        | "pm_card_diners"
        | "pm_card_jcb"
        | "pm_card_unionpay"
        | "pm_card_createDispute" => Card::Approves,
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => declines("card_declined"),
        "pm_card_chargeDeclinedInsufficientFunds"
        | "pm_card_visa_chargeDeclinedInsufficientFunds" => declines("insufficient_funds"),
        "pm_card_chargeDeclinedExpiredCard" => declines("expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc" => declines("incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError" => declines("processing_error"),
        "pm_card_chargeDeclinedLostCard" | "pm_card_visa_chargeDeclinedLostCard" => {
            ends("lost_card")
        }
        "pm_card_chargeDeclinedStolenCard" | "pm_card_visa_chargeDeclinedStolenCard" => {
            ends("stolen_card")
        }
        "pm_card_chargeDeclinedFraudulent" | "pm_card_radarBlock" => ends("fraudulent"),
        "pm_card_authenticationRequired"
        | "pm_card_authenticationRequiredOnSetup"
        | "pm_card_threeDSecure2Required"
        | "pm_card_threeDSecureRequired" => Card::RequiresAction,
        "pm_sim_lost_answer" => Card::LosesAnswer,
        "pm_sim_slow" => Card::Slow,
        _ => return None,
    })
}
