//! Plays a history on a stage: the vendors take its steps in their order; how our side hears of them differs.

use std::str::FromStr;
use std::time::Duration;

use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::dice::Dice;
use super::draw::{History, Step};
use crate::f02_borders::Borders;
use crate::mortal::Mortal;
use crate::orders::{exact, order_of, text};
use crate::stage::Stage;

/// How our side hears of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Of each step at once, in order.
    Calm,
    /// In a drawn order, with repetitions, and with looks in between.
    Shuffled { seed: u64 },
    /// The same while calls of drawn operations go wrong.
    Faulty { seed: u64 },
    /// The same while the process is killed at these borders, counted from its last start.
    Killed { seed: u64, at: Vec<usize> },
}

/// Operations that may go wrong.
const OPERATIONS: [(Vendor, &str); 17] = [
    (Vendor::Amazon, "createOrder"),
    (Vendor::Amazon, "updateOrder"),
    (Vendor::Amazon, "updateOrder"),
    (Vendor::Amazon, "cancelOrder"),
    (Vendor::Amazon, "order"),
    (Vendor::NetSuite, "salesOrder.patch"),
    (Vendor::NetSuite, "salesOrder.transform.itemFulfillment"),
    (Vendor::NetSuite, "itemFulfillment.patch"),
    (Vendor::NetSuite, "salesOrder.transform.returnAuthorization"),
    (Vendor::NetSuite, "returnAuthorization.transform.itemReceipt"),
    (Vendor::NetSuite, "returnAuthorization.patch"),
    (Vendor::NetSuite, "invoice.transform.creditMemo"),
    (Vendor::NetSuite, "cashSale.transform.cashRefund"),
    (Vendor::NetSuite, "creditMemo.patch"),
    (Vendor::NetSuite, "cashRefund.patch"),
    (Vendor::NetSuite, "suiteql"),
    (Vendor::NetSuite, "salesOrder.get"),
];

/// More rests than any history needs until no event is held back.
const MOST_RESTS: usize = 50;

/// A history that was played.
pub(crate) struct Play<'play> {
    pub(crate) stage: Stage,
    pub(crate) history: &'play History,
    /// The sales order.
    pub(crate) id: u64,
    /// Amazon's order.
    pub(crate) amazon: String,
    /// Amazon's packages, once they are packed, by parcel.
    pub(crate) packages: Vec<String>,
    /// Amazon's returns, in the order in which they started.
    pub(crate) returns: Vec<String>,
    pub(crate) bills: Vec<(&'static str, u64)>,
    pub(crate) credits: Vec<(&'static str, u64)>,
    pub(crate) authorizations: Vec<u64>,
    /// Steps that the vendors refused, with their words.
    pub(crate) refused: Vec<String>,
    /// How many borders were passed while nobody was killed.
    pub(crate) borders: usize,
    manner: Manner,
    dice: Dice,
    mortal: Option<Mortal>,
    kills: Vec<usize>,
}

/// Plays a history to its end.
pub(crate) async fn play<'play>(history: &'play History, manner: &Manner) -> Play<'play> {
    let mut settings = vec![
        ("SYNC__DOCUMENTS", "true"),
        ("MAPPING__RETURN_LOCATION", "7"),
        ("MAPPING__DAMAGED_LOCATION", "8"),
        ("MAPPING__REFUND_ACCOUNT", "1"),
        ("POLICY__REFUND_TOLERANCE", "100000"),
    ];
    settings.extend(&history.settings);
    let stage = Stage::with(&settings).await;
    stage.netsuite().put_record("location", &json!({"id": 8, "name": "Damaged"})).unwrap();
    stage.amazon().hold_events();
    let (seed, kills) = match manner {
        Manner::Calm => (0, Vec::new()),
        Manner::Shuffled { seed } | Manner::Faulty { seed } => (*seed, Vec::new()),
        Manner::Killed { seed, at } => (*seed, at.iter().rev().copied().collect()),
    };
    let id = stage.enter_one(sales_order(history));
    let mut play = Play {
        stage,
        history,
        id,
        amazon: String::new(),
        packages: Vec::new(),
        returns: Vec::new(),
        bills: Vec::new(),
        credits: Vec::new(),
        authorizations: Vec::new(),
        refused: Vec::new(),
        borders: 0,
        manner: manner.clone(),
        dice: Dice::new(seed),
        mortal: None,
        kills,
    };
    play.run_through().await;
    play
}

/// The history's order in NetSuite's form.
fn sales_order(history: &History) -> Value {
    let cents = |amount: i64| Decimal::new(amount, 2);
    let prices: Vec<String> = history.lines.iter().map(|line| cents(line.cents).to_string()).collect();
    let lines: Vec<(u64, u32, &str)> = history
        .lines
        .iter()
        .zip(&prices)
        .map(|(line, price)| (line.item, line.units, price.as_str()))
        .collect();
    let mut order = order_of("SO-1", &lines);
    let mut tax = 0;
    for (index, line) in history.lines.iter().enumerate() {
        order["item"]["items"][index]["tax1Amt"] = exact(cents(line.tax));
        tax += line.tax;
    }
    let subtotal = Decimal::from_str(&order["subtotal"].to_string()).unwrap();
    order["taxTotal"] = exact(cents(tax));
    order["discountTotal"] = exact(-cents(history.discount));
    order["shippingCost"] = exact(cents(history.shipping));
    order["total"] = exact(subtotal + cents(tax + history.shipping - history.discount));
    order
}

impl Play<'_> {
    async fn run_through(&mut self) {
        if self.manner != Manner::Calm {
            self.revive();
        }
        if let Manner::Faulty { .. } = self.manner {
            self.add_faults();
        }
        self.rest().await;
        self.amazon = self.stage.amazon_order(self.id).id;
        let steps = &self.history.steps;
        for (number, step) in steps.iter().enumerate() {
            let taken = match step {
                Step::Rest => {
                    self.rest().await;
                    Ok(())
                }
                step => self.take(step),
            };
            // whatever Amazon does has an instant of its own
            self.stage.advance(Duration::from_secs(1));
            if let Err(why) = taken {
                self.refused.push(format!("step {number}, {step:?}: {why}"));
            }
            match self.manner {
                Manner::Calm => self.rest().await,
                _ if self.dice.chance(35) => self.look().await,
                _ => {}
            }
        }
        self.rest().await;
        self.stage.clear_faults();
        self.mortal = None;
        self.stage.amazon().release_events();
        self.stage.settle().await;
    }

    fn add_faults(&mut self) {
        for _ in 0..1 + self.dice.below(6) {
            let (vendor, operation) = self.dice.pick(&OPERATIONS);
            let call = CallSelector::Nth(1 + u64::try_from(self.dice.below(5)).unwrap());
            let fault = match self.dice.below(8) {
                0 => Fault::DropBefore,
                1 => Fault::TooManyRequests { retry_after_s: None },
                2 => Fault::ServerErrorAfterCommit,
                3 => Fault::MalformedJson,
                4 => Fault::ServerError,
                _ => Fault::LostAnswer,
            };
            self.stage.fault(vendor, operation, call, fault);
        }
    }

    /// Puts the parts behind borders, to be killed at the next one that is planned.
    fn revive(&mut self) {
        self.mortal = Some(Mortal::on(&self.stage, Borders::new(self.kills.pop())));
    }

    /// Lets some of the events held back through, and looks at what there is to do now.
    async fn look(&mut self) {
        let held = self.stage.amazon().pending_events().len();
        let mut positions: Vec<usize> = (0..held).filter(|_| self.dice.chance(60)).collect();
        let again: Vec<usize> = positions.iter().copied().filter(|_| self.dice.chance(20)).collect();
        positions.extend(again);
        self.dice.shuffle(&mut positions);
        self.stage.amazon().release_events_in_order(&positions);
        if self.dice.chance(20) {
            self.repeat_one().await;
        }
        for _ in 0..1 + self.dice.below(2) {
            self.round().await;
            if self.dice.chance(60) {
                self.stage.advance(Duration::from_secs(3));
            }
        }
    }

    /// Tells an event of the past again under an id of its own.
    async fn repeat_one(&mut self) {
        let events = self.stage.amazon().events();
        if events.is_empty() {
            return;
        }
        let mut body = events[self.dice.below(events.len())].body.clone();
        let key = format!("again-{}", self.dice.below(usize::MAX));
        body["eventId"] = key.clone().into();
        body["idempotencyKey"] = key.into();
        assert_eq!(self.stage.post_event(&body).await, 200);
    }

    async fn round(&mut self) -> usize {
        let Some(mortal) = &self.mortal else {
            self.stage.amazon().events_settled().await;
            let taken = self.stage.intake().await;
            let fed = self.stage.try_feed().await.unwrap_or(1);
            return taken + fed + self.stage.work().await;
        };
        tokio::select! {
            () = mortal.borders.died() => {}
            done = mortal.round(&self.stage) => return done,
        }
        self.mortal = None;
        self.stage.restart().await;
        self.revive();
        1
    }

    /// Lets all events through, and comes to rest.
    async fn rest(&mut self) {
        for _ in 0..MOST_RESTS {
            let held = self.stage.amazon().pending_events().len();
            let mut positions: Vec<usize> = (0..held).collect();
            if self.manner != Manner::Calm {
                let again: Vec<usize> = positions.iter().copied().filter(|_| self.dice.chance(20)).collect();
                positions.extend(again);
                self.dice.shuffle(&mut positions);
            }
            self.stage.amazon().release_events_in_order(&positions);
            let mut rounds = 0;
            loop {
                rounds += 1;
                assert!(rounds < 2_000, "still not at rest: {:#?}", self.stage.backlog().await);
                if self.round().await > 0 {
                    continue;
                }
                match self.stage.next_due().await {
                    None => break,
                    Some(due) => self.stage.advance_to(due),
                }
            }
            if let Some(mortal) = &self.mortal {
                self.borders = mortal.borders.passed().len();
            }
            if self.stage.amazon().pending_events().is_empty() {
                return;
            }
        }
        panic!("events without end: {:#?}", self.stage.amazon().pending_events());
    }

    /// NetSuite's records that follow from the order, of one type.
    pub(crate) fn documents(&self, record_type: &str) -> Vec<Value> {
        let all = self.stage.netsuite().documents(record_type);
        let of_order = self.stage.netsuite().documents_of(self.id);
        let ids: Vec<String> = of_order.iter().map(|record| text(record, "id")).collect();
        all.into_iter().filter(|record| ids.contains(&text(record, "id"))).collect()
    }
}

/// NetSuite's number of a line of the history.
pub(crate) fn number_of(line: usize) -> u64 {
    u64::try_from(line + 1).unwrap()
}
