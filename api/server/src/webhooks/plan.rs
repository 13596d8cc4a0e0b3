//! What one shard has to tell one endpoint, and in which order: no clock, no I/O.
//!
//! Deliveries about one subject stand in one line, in the order of the feed; only the first of a
//! line may be under way, and while it is parked all behind it wait. Lines do not wait for one
//! another. What the shard must remember of it is gathered as news, for the next note.
//!
//! Invariant: [`Plan::through`] never passes a delivery that is neither settled nor parked, and
//! what is parked below it is among the rows, or among the news that go with it.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::webhook::{Delivery, DeliveryOutcome, Position, Subject};

/// What is to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Up to here everything is settled or parked.
    pub through: Position,
    /// What has become of those that were parked, or are now.
    pub outcomes: BTreeMap<Position, DeliveryOutcome>,
    /// How many were delivered.
    pub delivered: u32,
}

/// The deliveries that are not settled.
#[derive(Debug, Default)]
pub struct Plan {
    /// The feed was read up to this entry.
    read: u64,
    /// Deliveries up to here were settled before.
    start: Position,
    /// What was noted last.
    noted: Position,
    all: BTreeMap<Position, Item>,
    lines: BTreeMap<Subject, BTreeSet<Position>>,
    /// Those that are not parked.
    fresh: BTreeSet<Position>,
    /// Subjects with an attempt under way.
    busy: BTreeSet<Subject>,
    /// The first of each line without an attempt under way, by when it is due.
    due: BTreeSet<(u64, Position)>,
    /// The same by subject.
    first: BTreeMap<Subject, (u64, Position)>,
    outcomes: BTreeMap<Position, DeliveryOutcome>,
    delivered: u32,
}

#[derive(Debug)]
struct Item {
    delivery: Delivery,
    is_parked: bool,
}

impl Plan {
    /// Goes on behind a position.
    pub fn new(through: Position) -> Self {
        // An entry of which a part is settled is read again.
        let whole = through.ordinal == u32::MAX;
        let read = if whole { through.index } else { through.index.saturating_sub(1) };
        Self { read, start: through, noted: through, ..Self::default() }
    }

    /// The entry of the feed to read on from.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// How many were read from the feed, and are neither settled nor parked.
    pub fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// How many are parked.
    pub fn parked(&self) -> usize {
        self.all.len() - self.fresh.len()
    }

    /// The feed was read up to this entry.
    pub fn has_read(&mut self, index: u64) {
        self.read = self.read.max(index);
    }

    /// Takes in what a row says.
    pub fn take_parked(&mut self, at: Position, delivery: Delivery) {
        if !self.all.contains_key(&at) {
            self.put(at, delivery, true);
        }
    }

    /// Takes in what was read from the feed. Behind something parked it is parked at once.
    pub fn take_in(&mut self, at: Position, delivery: Delivery) {
        if at <= self.start {
            return;
        }
        let line = self.lines.get(&delivery.notice.subject());
        let behind = line.into_iter().flatten().any(|before| !self.fresh.contains(before));
        if behind {
            self.outcomes.insert(at, DeliveryOutcome::Parked(delivery));
        }
        self.put(at, delivery, behind);
    }

    /// What is to be sent now, if anything. It counts as under way from here on.
    pub fn next(&mut self, now: u64) -> Option<(Position, Delivery)> {
        let (_, at) = self.due.first().filter(|(due, _)| *due <= now).copied()?;
        let delivery = self.all.get(&at)?.delivery;
        let subject = delivery.notice.subject();
        self.busy.insert(subject);
        self.refresh(subject);
        Some((at, delivery))
    }

    /// When the next one is due, in Unix milliseconds, if there is one that is not under way.
    pub fn next_due(&self) -> Option<u64> {
        self.due.first().map(|(due, _)| *due)
    }

    /// It was delivered.
    pub fn delivered(&mut self, at: Position) {
        self.delivered = self.delivered.saturating_add(1);
        if self.take_out(at).is_some_and(|item| item.is_parked) {
            self.outcomes.insert(at, DeliveryOutcome::Delivered);
        }
    }

    /// It failed, and is tried again as the delivery says. All behind it wait.
    pub fn failed(&mut self, at: Position, delivery: Delivery) {
        let subject = delivery.notice.subject();
        if let Some(item) = self.all.get_mut(&at) {
            item.delivery = delivery;
        }
        self.outcomes.insert(at, DeliveryOutcome::Parked(delivery));
        for behind in self.lines.get(&subject).into_iter().flatten() {
            let Some(item) = self.all.get_mut(behind).filter(|item| !item.is_parked) else {
                continue;
            };
            item.is_parked = true;
            self.fresh.remove(behind);
            self.outcomes.insert(*behind, DeliveryOutcome::Parked(item.delivery));
        }
        self.busy.remove(&subject);
        self.refresh(subject);
    }

    /// It failed for the last time.
    pub fn gave_up(&mut self, at: Position, delivery: Delivery) {
        self.take_out(at);
        self.outcomes.insert(at, DeliveryOutcome::Dead(delivery));
    }

    /// Up to here everything is settled or parked.
    pub fn through(&self) -> Position {
        let read = Position::end_of(self.read).max(self.start);
        self.fresh.first().map_or(read, |first| first.before())
    }

    /// How much there is to note: nothing, at most that the position has moved on, or more.
    pub fn has_news(&self) -> Option<usize> {
        let count = self.outcomes.len().max(self.delivered as usize);
        (count > 0 || self.through() > self.noted).then_some(count)
    }

    /// What is to be noted, all of it.
    pub fn take_news(&mut self) -> News {
        self.noted = self.through();
        News {
            through: self.noted,
            outcomes: std::mem::take(&mut self.outcomes),
            delivered: std::mem::take(&mut self.delivered),
        }
    }

    /// It could not be noted: it is news again. What has happened since then counts more.
    pub fn put_back(&mut self, news: News) {
        for (at, outcome) in news.outcomes {
            self.outcomes.entry(at).or_insert(outcome);
        }
        self.delivered = self.delivered.saturating_add(news.delivered);
        self.noted = self.start;
    }

    fn put(&mut self, at: Position, delivery: Delivery, is_parked: bool) {
        let subject = delivery.notice.subject();
        if !is_parked {
            self.fresh.insert(at);
        }
        self.all.insert(at, Item { delivery, is_parked });
        self.lines.entry(subject).or_default().insert(at);
        self.refresh(subject);
    }

    /// Removes what was under way.
    fn take_out(&mut self, at: Position) -> Option<Item> {
        let item = self.all.remove(&at)?;
        self.fresh.remove(&at);
        let subject = item.delivery.notice.subject();
        if let Some(line) = self.lines.get_mut(&subject) {
            line.remove(&at);
            if line.is_empty() {
                self.lines.remove(&subject);
            }
        }
        self.busy.remove(&subject);
        self.refresh(subject);
        Some(item)
    }

    /// Finds the first of a line anew.
    fn refresh(&mut self, subject: Subject) {
        if let Some(old) = self.first.remove(&subject) {
            self.due.remove(&old);
        }
        if self.busy.contains(&subject) {
            return;
        }
        let head = self.lines.get(&subject).and_then(BTreeSet::first).copied();
        if let Some((at, item)) = head.and_then(|at| Some((at, self.all.get(&at)?))) {
            let first = (item.delivery.due, at);
            self.first.insert(subject, first);
            self.due.insert(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_core::ProductId;
    use engine_core::webhook::Notice;

    use super::*;

    fn at(index: u64, ordinal: u32) -> Position {
        Position { index, ordinal }
    }

    fn about(product: u128, due: u64) -> Delivery {
        let notice = Notice::StockChanged { product: ProductId(product), available: 1 };
        Delivery { at: 0, notice, attempts: 0, due, status: None }
    }

    fn plan(read: u64, deliveries: &[(Position, u128)]) -> Plan {
        let mut plan = Plan::new(Position::end_of(0));
        deliveries.iter().for_each(|(at, product)| plan.take_in(*at, about(*product, 0)));
        plan.has_read(read);
        plan
    }

    fn next(plan: &mut Plan, now: u64) -> Vec<Position> {
        std::iter::from_fn(|| plan.next(now)).map(|(at, _)| at).collect()
    }

    #[test]
    fn lines_are_in_order_and_do_not_wait_for_one_another() {
        let mut plan = plan(9, &[(at(5, 0), 1), (at(5, 1), 2), (at(6, 0), 1), (at(7, 0), 2)]);
        assert_eq!(next(&mut plan, 0), [at(5, 0), at(5, 1)]);
        plan.delivered(at(5, 1));
        assert_eq!(next(&mut plan, 0), [at(7, 0)]);
        assert_eq!(plan.through(), Position::end_of(4), "one before is under way");
        plan.delivered(at(5, 0));
        plan.delivered(at(7, 0));
        assert_eq!((plan.through(), next(&mut plan, 0)), (Position::end_of(5), vec![at(6, 0)]));
        plan.delivered(at(6, 0));
        let news = plan.take_news();
        assert_eq!((news.through, news.delivered), (Position::end_of(9), 4));
        assert!(news.outcomes.is_empty(), "nobody need remember what was delivered at once");
        assert_eq!(plan.has_news(), None);
    }

    #[test]
    fn what_failed_is_parked_with_all_behind_it() {
        let mut plan = plan(6, &[(at(5, 0), 1), (at(5, 1), 2), (at(6, 0), 1)]);
        assert_eq!(next(&mut plan, 0).len(), 2);
        plan.failed(at(5, 0), about(1, 700));
        plan.delivered(at(5, 1));
        let news = plan.take_news();
        assert_eq!(news.through, Position::end_of(6));
        let parked: Vec<_> = news.outcomes.keys().copied().collect();
        assert_eq!(parked, [at(5, 0), at(6, 0)]);
        plan.take_in(at(7, 0), about(1, 0));
        plan.has_read(7);
        assert_eq!(next(&mut plan, 699), []);
        assert_eq!(plan.next_due(), Some(700));
        assert_eq!(next(&mut plan, 700), [at(5, 0)]);
        plan.delivered(at(5, 0));
        assert_eq!(next(&mut plan, 700), [at(6, 0)]);
        plan.gave_up(at(6, 0), about(1, 700));
        assert_eq!(next(&mut plan, 700), [at(7, 0)]);
        plan.delivered(at(7, 0));
        let news = plan.take_news();
        let outcomes: Vec<_> = news.outcomes.into_values().collect();
        let dead = DeliveryOutcome::Dead(about(1, 700));
        assert_eq!(
            outcomes,
            [DeliveryOutcome::Delivered, dead, DeliveryOutcome::Delivered],
            "the last was parked behind the first, and never noted so"
        );
        assert_eq!((plan.parked(), plan.fresh()), (0, 0));
    }

    #[test]
    fn what_could_not_be_noted_is_noted_with_the_next() {
        let mut plan = plan(5, &[(at(5, 0), 1)]);
        next(&mut plan, 0);
        plan.failed(at(5, 0), about(1, 10));
        let news = plan.take_news();
        next(&mut plan, 10);
        plan.delivered(at(5, 0));
        plan.put_back(news);
        assert_eq!(plan.has_news(), Some(1));
        let news = plan.take_news();
        assert_eq!(news.outcomes[&at(5, 0)], DeliveryOutcome::Delivered, "the later one counts");
        assert_eq!((news.through, news.delivered), (Position::end_of(5), 1));
    }

    #[test]
    fn an_entry_of_which_a_part_is_settled_is_read_again() {
        let mut plan = Plan::new(at(5, 1));
        assert_eq!(plan.read(), 4);
        plan.take_in(at(5, 1), about(1, 0));
        plan.take_in(at(5, 2), about(1, 0));
        plan.has_read(5);
        assert_eq!(next(&mut plan, 0), [at(5, 2)]);
        assert_eq!(plan.through(), at(5, 1));
        assert_eq!(Plan::new(Position::end_of(5)).read(), 5);
    }

    #[test]
    fn rows_go_before_what_is_read_later() {
        let mut plan = Plan::new(Position::end_of(5));
        plan.take_parked(at(3, 0), about(1, 900));
        plan.take_in(at(6, 0), about(1, 0));
        plan.has_read(6);
        assert_eq!(next(&mut plan, 800), []);
        assert_eq!(plan.take_news().through, Position::end_of(6), "it is parked behind");
        assert_eq!(next(&mut plan, 900), [at(3, 0)]);
    }
}
