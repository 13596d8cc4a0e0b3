//! Sellers at work on confirmed orders: what they do at random, and what is expected of it.

use engine_core::inventory::UnitsEnd;
use engine_core::order::{
    DELIVER_ASSUMED_MS, FulfillmentState, LineUnits, Order as Row, REPAY_MS, RETURN_WINDOW_MS,
    ReturnState, Units,
};
use engine_core::payment::{AUTH_EXPIRY_MARGIN_MS, PaymentState};
use engine_core::{
    Blocked, CancelFulfillment, CancelLines, Command, CreateFulfillment, DeliverFulfillment, Field,
    FulfillmentId, OrderId, PackFulfillment, RefundId, RefundOrder, Rejection, ShardId,
    ShipFulfillment, read,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::back::Restocked;
use super::expect::{Expected, Told};
use super::fulfillment::{Again, Parcel, Pay};
use super::naive::{Model, Order, Stage, Why};
use super::provider::CAPTURE_BEFORE_MS;
use super::shop::Shop;
use super::stock::out_of_range;
use super::world::World;

/// How many fulfillments a seller tries for an order.
pub const PARCELS: u128 = 4;

impl World {
    /// A seller does something with an order that a person need not look at.
    pub fn work(&mut self) {
        let orders = self.model.orders.iter().filter(|(_, order)| !order.odd);
        let confirmed = |order: &Order| order.stage == Stage::Confirmed;
        let (mut likely, mut others): (Vec<_>, Vec<_>) =
            orders.map(|(id, order)| (*id, confirmed(order))).partition(|(_, likely)| *likely);
        if self.rng.random_bool(0.05) || likely.is_empty() {
            std::mem::swap(&mut likely, &mut others);
        }
        let Some((order, _)) = likely.choose(&mut self.rng).copied() else { return };
        let (home, version) = (self.model.home(order), self.version_of(order));
        let expected_version = match self.rng.random_range(0..20) {
            0 => Some(version + 1),
            1..10 => Some(version),
            _ => None,
        };
        let command = self.any_work(order, expected_version);
        self.propose(home, command);
    }

    fn any_work(&mut self, order: OrderId, expected_version: Option<u64>) -> Command {
        let sent = self.model.orders[&order].after.has_shipped();
        if self.rng.random_bool(if sent { 0.6 } else { 0.02 }) {
            return self.any_back(order, expected_version);
        }
        let id = FulfillmentId(self.rng.random_range(1..=PARCELS));
        let wanted = match self.rng.random_range(0..20) {
            0..5 => {
                let lines = self.rng.random_bool(0.6).then(|| self.any_units(order));
                return Command::CreateFulfillment(CreateFulfillment {
                    order,
                    expected_version,
                    id,
                    lines,
                });
            }
            5..9 => FulfillmentState::Picking,
            9..14 => FulfillmentState::Packed,
            14..16 => FulfillmentState::Shipped,
            16 => FulfillmentState::Canceled,
            17 | 18 => {
                let (lines, reason) = (self.any_units(order), "broken".to_owned());
                let write_off = self.rng.random_bool(0.3);
                return Command::CancelLines(CancelLines {
                    order,
                    expected_version,
                    lines,
                    reason,
                    write_off,
                });
            }
            _ => {
                let amount = self.rng.random_bool(0.8).then(|| self.rng.random_range(0..2_000));
                let (id, reason) = (RefundId(self.rng.random()), "sorry".to_owned());
                return Command::RefundOrder(RefundOrder {
                    order,
                    expected_version,
                    id,
                    amount,
                    reason,
                });
            }
        };
        let parcels = &self.model.orders[&order].after.parcels;
        let fitting = parcels.iter().find(|(_, parcel)| parcel.state == wanted);
        let id = match fitting {
            Some((fitting, _)) if self.rng.random_bool(0.9) => *fitting,
            _ => id,
        };
        match wanted {
            FulfillmentState::Picking => {
                Command::PackFulfillment(PackFulfillment { order, expected_version, id })
            }
            FulfillmentState::Packed => {
                let (carrier, tracking) = ("UPS".to_owned(), String::new());
                Command::ShipFulfillment(ShipFulfillment {
                    order,
                    expected_version,
                    id,
                    carrier,
                    tracking,
                })
            }
            FulfillmentState::Shipped => {
                Command::DeliverFulfillment(DeliverFulfillment { order, expected_version, id })
            }
            _ => Command::CancelFulfillment(CancelFulfillment { order, expected_version, id }),
        }
    }

    pub fn any_units(&mut self, order: OrderId) -> Vec<LineUnits> {
        let lines = self.model.orders[&order].lines.len() as u32;
        let count = self.rng.random_range(1..=2);
        let units = |rng: &mut rand_chacha::ChaCha8Rng| {
            let last = if rng.random_bool(0.03) { lines + 1 } else { lines };
            LineUnits { line: rng.random_range(0..last), quantity: rng.random_range(0..=3) }
        };
        (0..count).map(|_| units(&mut self.rng)).collect()
    }

    fn version_of(&self, order: OrderId) -> u64 {
        self.row(order).map_or(0, |row| row.version)
    }

    fn row(&self, order: OrderId) -> Option<Row> {
        read::order(self.shop.rows(self.model.home(order)), order, &read::Whose::Anybody).unwrap()
    }

    pub fn expect_work(&mut self, command: &Command) -> Expected {
        let (id, expected) = about(command);
        let actual = self.version_of(id);
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            return Err(Rejection::VersionMismatch { expected, actual });
        }
        if let Command::ReshipFulfillment(command) = command {
            return self.model.reship(command);
        }
        let now = self.model.now(self.model.home(id));
        let mut order = self.model.orders[&id].clone();
        let had_units = order.has_units();
        if let Some(restocked) = order.try_back(command)? {
            return Ok(self.came_back(id, order, restocked));
        }
        let ended = order.work(now, command).map_err(|rejection| match rejection {
            Rejection::NotCaptured { .. } => {
                let payment = self.row(id).expect("an order").payment.state;
                Rejection::NotCaptured { payment }
            }
            rejection => rejection,
        })?;
        let (told, lost) = (Told::Order(order.status(), order.total), order.has_units());
        let lines = order.lines.clone();
        self.model.orders.insert(id, order);
        let home = self.model.home(id);
        for (line, quantity, how) in ended {
            let product = lines[line as usize].product;
            if self.model.topology.of_product(product) == home {
                self.model.end_units(home, id, (product, quantity), how);
            }
        }
        if had_units && !lost {
            self.model.settle_own(id, engine_core::inventory::HoldState::Released);
        }
        Ok(told)
    }
}

impl World {
    /// Units that came back are on hand again: at once in the order's shard, else when it is told.
    fn came_back(&mut self, id: OrderId, order: Order, restocked: Restocked) -> Told {
        let told = Told::Order(order.status(), order.total);
        let home = self.model.home(id);
        for (line, quantity) in restocked {
            let product = order.lines[line as usize].product;
            if self.model.topology.of_product(product) == home {
                self.model.restock(id, product, quantity);
            }
        }
        self.model.orders.insert(id, order);
        told
    }
}

fn about(command: &Command) -> (OrderId, Option<u64>) {
    match command {
        Command::CreateFulfillment(c) => (c.order, c.expected_version),
        Command::PackFulfillment(c) => (c.order, c.expected_version),
        Command::ShipFulfillment(c) => (c.order, c.expected_version),
        Command::DeliverFulfillment(c) => (c.order, c.expected_version),
        Command::CancelFulfillment(c) => (c.order, c.expected_version),
        Command::CancelLines(c) => (c.order, c.expected_version),
        Command::RefundOrder(c) => (c.order, c.expected_version),
        Command::LoseFulfillment(c) => (c.order, c.expected_version),
        Command::ReshipFulfillment(c) => (c.order, c.expected_version),
        Command::RequestReturn(c) => (c.order, None),
        Command::ApproveReturn(c) => (c.order, c.expected_version),
        Command::RejectReturn(c) => (c.order, c.expected_version),
        Command::CancelReturn(c) => (c.order, None),
        Command::ReceiveReturn(c) => (c.order, c.expected_version),
        command => panic!("{command:?} is no work on an order"),
    }
}

/// Units of lines that are no longer committed.
type Ended = Vec<(u32, u32, UnitsEnd)>;

impl Order {
    /// What is on hand again, if the command is about what comes back.
    fn try_back(&mut self, command: &Command) -> Result<Option<Restocked>, Rejection> {
        match command {
            Command::LoseFulfillment(_)
            | Command::RequestReturn(_)
            | Command::ApproveReturn(_)
            | Command::RejectReturn(_)
            | Command::CancelReturn(_)
            | Command::ReceiveReturn(_) => self.back(command).map(Some),
            _ => Ok(None),
        }
    }

    fn work(&mut self, now: u64, command: &Command) -> Result<Ended, Rejection> {
        match command {
            Command::CreateFulfillment(c) => self.fulfill(c).map(|()| Ended::new()),
            Command::PackFulfillment(c) => self.pack(c.id).map(|()| Ended::new()),
            Command::ShipFulfillment(c) => self.ship(now, c.id),
            Command::DeliverFulfillment(c) => {
                self.parcel(c.id, |state| state == FulfillmentState::Shipped)?;
                self.deliver(c.id);
                Ok(Ended::new())
            }
            Command::CancelFulfillment(c) => {
                let parcel = self.parcel(c.id, FulfillmentState::is_open)?;
                parcel.state = FulfillmentState::Canceled;
                Ok(Ended::new())
            }
            Command::CancelLines(c) => self.cancel_lines(c),
            Command::RefundOrder(c) => self.refund(c).map(|()| Ended::new()),
            command => panic!("{command:?} is no work on an order"),
        }
    }

    fn blocked(&self) -> Option<Blocked> {
        match () {
            () if self.stage != Stage::Confirmed || self.after.closed => Some(Blocked::Status),
            () if self.wish => Some(Blocked::CancelRequested),
            () if self.after.pay == Pay::Lost => Some(Blocked::OnHold),
            () => None,
        }
    }

    pub fn check_unblocked(&self) -> Result<(), Rejection> {
        let status = self.status();
        self.blocked().map_or(Ok(()), |why| Err(Rejection::OrderBlocked { status, why }))
    }

    pub fn parcel(
        &mut self,
        id: FulfillmentId,
        fits: impl Fn(FulfillmentState) -> bool,
    ) -> Result<&mut Parcel, Rejection> {
        let parcel = self.after.parcels.get_mut(&id).ok_or(Rejection::FulfillmentNotFound)?;
        if !fits(parcel.state) {
            return Err(Rejection::WrongFulfillmentState { actual: parcel.state });
        }
        Ok(parcel)
    }

    /// What may be asked of lines: each once, and no more than there is.
    pub fn check_units(
        &self,
        wanted: &[LineUnits],
        free: &[u32],
    ) -> Result<Vec<LineUnits>, Rejection> {
        let mut wanted = wanted.to_vec();
        wanted.sort_by_key(|units| units.line);
        let twice = wanted.windows(2).any(|pair| pair[0].line == pair[1].line);
        if wanted.is_empty() || twice {
            return Err(out_of_range(Field::Lines, 1, self.lines.len() as i64));
        }
        for units in &wanted {
            let line = self.lines.get(units.line as usize);
            let line = line.ok_or(Rejection::LineNotFound { line: units.line })?;
            if units.quantity == 0 || units.quantity > line.quantity {
                return Err(out_of_range(Field::Quantity, 1, line.quantity.into()));
            }
        }
        let short = wanted.iter().find(|units| units.quantity > free[units.line as usize]);
        if let Some(&LineUnits { line, quantity: requested }) = short {
            let left = free[line as usize];
            return Err(Rejection::TooManyOfLine { line, requested, left });
        }
        Ok(wanted)
    }

    fn fulfill(&mut self, command: &CreateFulfillment) -> Result<(), Rejection> {
        if self.after.parcels.contains_key(&command.id) {
            return Err(Rejection::AlreadyExists);
        }
        self.check_unblocked()?;
        let free = self.after.free(&self.lines);
        let all = (0..).zip(free).map(|(line, quantity)| LineUnits { line, quantity });
        let all = all.filter(|units| units.quantity > 0).collect();
        let free = self.after.free(&self.lines);
        let lines = self.check_units(command.lines.as_ref().unwrap_or(&all), &free)?;
        let lines = lines.into_iter().map(|units| (units.line, units.quantity)).collect();
        self.after.parcels.insert(command.id, Parcel::new(lines));
        Ok(())
    }

    fn pack(&mut self, id: FulfillmentId) -> Result<(), Rejection> {
        self.parcel(id, |_| true)?;
        self.check_unblocked()?;
        let parcel = self.parcel(id, |state| state == FulfillmentState::Picking)?;
        parcel.state = FulfillmentState::Packed;
        match self.after.pay {
            Pay::Authorized => self.after.pay = Pay::Capturing(self.due()),
            Pay::Account | Pay::Here | Pay::Nothing => self.after.begun = true,
            _ => {}
        }
        Ok(())
    }

    fn ship(&mut self, now: u64, id: FulfillmentId) -> Result<Ended, Rejection> {
        self.parcel(id, |_| true)?;
        self.check_unblocked()?;
        let paid = matches!(self.after.pay, Pay::Account | Pay::Here | Pay::Nothing);
        let status = self.status();
        let parcel = self.parcel(id, |state| state == FulfillmentState::Packed)?;
        if !paid {
            return Err(Rejection::OrderBlocked { status, why: Blocked::NotCaptured });
        }
        parcel.state = FulfillmentState::Shipped;
        parcel.shipped_at = now;
        let lines = parcel.lines.clone();
        lines.iter().for_each(|(line, units)| self.after.done[*line as usize].shipped += units);
        self.after.begun = true;
        Ok(lines.into_iter().map(|(line, units)| (line, units, UnitsEnd::Shipped)).collect())
    }

    fn deliver(&mut self, id: FulfillmentId) {
        let parcel = self.after.parcels.get_mut(&id).expect("a parcel");
        parcel.state = FulfillmentState::Delivered;
        for (line, units) in &parcel.lines {
            self.after.done[*line as usize].delivered += units;
        }
    }

    fn cancel_lines(&mut self, command: &CancelLines) -> Result<Ended, Rejection> {
        if self.blocked() != Some(Blocked::OnHold) {
            self.check_unblocked()?;
        }
        let lines = self.check_units(&command.lines, &self.after.free(&self.lines))?;
        let how = if command.write_off { UnitsEnd::WrittenOff } else { UnitsEnd::Released };
        let mut worth = 0;
        for units in &lines {
            worth += self.after.worth(units.line, units.quantity);
            self.after.done[units.line as usize].canceled += units.quantity;
            if command.write_off {
                self.after.written_off[units.line as usize] += units.quantity;
            }
        }
        let all = self.lines.iter().zip(&self.after.done);
        if all.into_iter().all(|(line, done)| done.canceled == line.quantity) {
            self.cancel_confirmed();
        } else if self.after.pay == Pay::Here {
            let left = self.after.captured - self.after.asked_back;
            self.after.asked_back += worth.min(left);
        } else if self.due() == 0 {
            self.owe_nothing();
        }
        Ok(lines.into_iter().map(|units| (units.line, units.quantity, how)).collect())
    }

    fn refund(&mut self, command: &RefundOrder) -> Result<(), Rejection> {
        if let Some(0) = command.amount {
            return Err(out_of_range(Field::Amount, 1, engine_core::Money::AMOUNT_MAX));
        }
        let Pay::Here = self.after.pay else {
            return Err(Rejection::NotCaptured { payment: PaymentState::OnAccount });
        };
        let left = self.after.captured - self.after.asked_back;
        let requested = command.amount.unwrap_or(left).max(1);
        if requested > left {
            return Err(Rejection::RefundTooLarge { requested, left });
        }
        self.after.asked_back += requested;
        Ok(())
    }
}

impl Model {
    /// A pulse may have delivered, closed, captured or given up an order: if it could.
    pub fn work_pulsed(&mut self, shop: &Shop, shard: ShardId, thorough: bool) {
        let (now, topology) = (self.now(shard), self.topology);
        let mut free = Vec::new();
        let here = |id: &OrderId| topology.of_order(*id) == shard;
        let confirmed =
            |order: &Order| order.stage == Stage::Confirmed && !order.odd && !order.lied_to;
        for (id, order) in self.orders.iter_mut().filter(|(id, o)| here(id) && confirmed(o)) {
            let row = read::order(shop.rows(shard), *id, &read::Whose::Anybody).unwrap().unwrap();
            order.time_passed(&row, now, thorough);
            if row.units == Units::Released {
                free.push(*id);
            }
        }
        for (id, order) in self.orders.iter_mut().filter(|(id, o)| here(id) && o.lied_to) {
            let row = read::order(shop.rows(shard), *id, &read::Whose::Anybody).unwrap().unwrap();
            if order.stage == Stage::Confirmed && order.adopt_time(&row) {
                free.push(*id);
            }
        }
        for id in free {
            self.settle_own(id, engine_core::inventory::HoldState::Released);
        }
    }
}

impl Order {
    fn time_passed(&mut self, row: &Row, now: u64, thorough: bool) {
        let lapses = CAPTURE_BEFORE_MS - AUTH_EXPIRY_MARGIN_MS;
        let open = self.after.parcels.values().any(|parcel| parcel.state.is_open());
        let repay = self.after.lost_at + REPAY_MS;
        match (self.after.pay, row.units, row.payment.state) {
            (Pay::Authorized, Units::Released, _) => {
                assert!(now >= lapses && !open, "{row:#?} is given up");
                (self.stage, self.after.voiding) = (Stage::Ended(Why::Expired), true);
            }
            (Pay::Authorized, _, PaymentState::Capturing) => {
                assert!(now >= lapses && open, "{row:#?} is captured");
                self.after.pay = Pay::Capturing(self.due());
            }
            (Pay::Lost, Units::Released, _) => {
                assert!(now >= repay, "{row:#?} is given up");
                (self.stage, self.after.voiding) =
                    (Stage::Ended(Why::Failed), self.intent.is_some());
                (self.unknown, self.action, self.after.again) = (false, false, Again::Not);
            }
            (Pay::Lost, _, _) => assert!(!thorough || now < repay, "{row:#?} goes on"),
            (_, Units::Released, _) => panic!("{row:#?} is released"),
            _ => {}
        }
        for parcel in &row.progress.fulfillments {
            let known = &self.after.parcels[&parcel.id];
            let assumed = known.shipped_at + DELIVER_ASSUMED_MS;
            if known.state == FulfillmentState::Shipped {
                let arrived = parcel.state == FulfillmentState::Delivered;
                assert!(!arrived || assumed <= now, "{parcel:?} arrives too early");
                assert!(arrived || !thorough || now < assumed, "{parcel:?} never arrives");
                if arrived {
                    self.deliver(parcel.id);
                }
            }
        }
        for back in &row.progress.returns {
            let known = self.after.returns.get_mut(&back.id).expect("a return");
            if back.state == ReturnState::Expired && known.state.is_open() {
                assert!(back.expires_at <= now, "{back:?} expires too early");
                known.state = ReturnState::Expired;
            }
        }
        if row.progress.closed_at.is_some() && !self.after.closed {
            let all = row.progress.fulfillments.iter().filter_map(|it| it.delivered_at).max();
            let earliest = all.unwrap_or(0) + RETURN_WINDOW_MS;
            let open = self.after.returns.values().any(|back| back.state.is_open());
            assert!(!open && earliest <= now && self.after.is_delivered(&self.lines), "{row:#?}");
            self.after.closed = true;
        }
    }

    /// What time made of an order whose provider lies. Says whether its units are free.
    fn adopt_time(&mut self, row: &Row) -> bool {
        for parcel in &row.progress.fulfillments {
            if let Some(known) = self.after.parcels.get_mut(&parcel.id) {
                known.state = parcel.state;
            }
        }
        self.after.adopt(row);
        if row.payment.state == PaymentState::Capturing {
            self.after.pay = Pay::Capturing(row.payment.capturing);
        }
        if row.units == Units::Released {
            let expired = row.ending == Some(engine_core::order::Ending::Expired);
            self.stage = Stage::Ended(if expired { Why::Expired } else { Why::Failed });
        }
        row.units == Units::Released
    }
}
