//! Plays a history of stock on a stage.

use std::collections::BTreeSet;
use std::time::Duration;

use amz_app::operator;
use amz_domain::StockRunId;
use amz_sandbox::amazon::StockEventScript;
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::inventory::{RunBeginner, RunPhase, StockRun, StockRunRequest};
use amz_services::work::Lane;

use super::draw::{History, Step, Trouble};
use super::scene::{LOCATION, RESERVATION_LAG_S, staged};
use super::{check, steps};
use crate::f02_borders::Borders;
use crate::histories::dice::Dice;
use crate::mortal::Mortal;
use crate::stage::{CONNECTION, Stage};

/// Operations that may go wrong.
const OPERATIONS: [(Vendor, &str); 16] = [
    (Vendor::NetSuite, "inventoryAdjustment.create"),
    (Vendor::NetSuite, "inventoryAdjustment.create"),
    (Vendor::NetSuite, "inventoryAdjustment.create"),
    (Vendor::NetSuite, "inventoryAdjustment.create"),
    (Vendor::NetSuite, "suiteql"),
    (Vendor::NetSuite, "suiteql"),
    (Vendor::NetSuite, "salesOrder.patch"),
    (Vendor::NetSuite, "salesOrder.get"),
    (Vendor::NetSuite, "salesOrder.transform.itemFulfillment"),
    (Vendor::Amazon, "getInventorySummaries"),
    (Vendor::Amazon, "getInventorySummaries"),
    (Vendor::Amazon, "lwaToken"),
    (Vendor::Amazon, "createOrder"),
    (Vendor::Amazon, "createOrder"),
    (Vendor::Amazon, "cancelOrder"),
    (Vendor::Amazon, "order"),
];

/// More rounds than any rest needs.
const MOST_ROUNDS: usize = 2_000;

/// More rests than any history needs until no event is held back.
const MOST_RESTS: usize = 50;

/// A history under way.
pub(crate) struct Play<'play> {
    pub(crate) stage: Stage,
    pub(crate) history: &'play History,
    /// Orders for Amazon.
    pub(crate) orders: Vec<u64>,
    /// Orders of the own shop.
    pub(crate) own: Vec<u64>,
    /// Units that staff counted more, by item.
    pub(crate) counted: Vec<(u64, i64)>,
    /// What happened, for people.
    pub(crate) log: Vec<String>,
    pub(crate) wrong: Vec<String>,
    /// Whether Amazon told of all changes since the account was last checked.
    is_told: bool,
    /// Items that staff moved since then, of which nobody tells.
    pub(crate) moved_by_staff: BTreeSet<u64>,
    dice: Dice,
    mortal: Option<Mortal>,
    runs: u32,
}

/// Plays a history; says what happened and what is wrong.
pub(crate) async fn play(history: &History, seed: u64) -> (Vec<String>, Vec<String>) {
    let stage = staged(history).await;
    let mut play = Play {
        stage,
        history,
        orders: Vec::new(),
        own: Vec::new(),
        counted: Vec::new(),
        log: Vec::new(),
        wrong: Vec::new(),
        is_told: false,
        moved_by_staff: BTreeSet::new(),
        dice: Dice::new(seed ^ 0xA5A5),
        mortal: None,
        runs: 0,
    };
    for (number, step) in history.steps.iter().enumerate() {
        let taken = play.take(step).await;
        // whatever happens has an instant of its own
        play.stage.advance(Duration::from_secs(1));
        let refused = taken.err().map_or(String::new(), |why| format!(": refused, {why}"));
        let now = play.stage.now().format("%H:%M:%S");
        play.log.push(format!("{number:3} {now} {step:?}{refused}"));
        if !play.wrong.is_empty() {
            break;
        }
    }
    (play.log, play.wrong)
}

impl Play<'_> {
    async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Look => self.look().await,
            Step::Rest => {
                self.rest().await;
                self.check_without_run();
            }
            Step::Quiet => self.quiet().await,
            Step::Wait { seconds } => self.stage.advance(Duration::from_secs(*seconds)),
            Step::Kill(border) => {
                self.mortal = Some(Mortal::on(&self.stage, Borders::new(Some(*border))));
            }
            Step::Run { plan_only, some } => {
                self.ask_for_run(*plan_only, *some).await;
            }
            Step::Events { lose, double, delay_s } => {
                let script = StockEventScript { lose: *lose, double: *double, delay_s: *delay_s };
                self.stage.amazon().set_stock_events(script);
                self.is_told &= *lose == 0 && *delay_s == 0;
            }
            Step::Trouble { operation, nth, what } => {
                let (vendor, operation) = OPERATIONS[operation % OPERATIONS.len()];
                let fault = match what {
                    Trouble::LostAnswer => Fault::LostAnswer,
                    Trouble::DropBefore => Fault::DropBefore,
                    Trouble::ServerError => Fault::ServerError,
                    Trouble::ServerErrorAfterCommit => Fault::ServerErrorAfterCommit,
                    Trouble::Throttled => Fault::TooManyRequests { retry_after_s: None },
                };
                self.stage.fault(vendor, operation, CallSelector::Nth(*nth), fault);
                return Err(operation.to_owned());
            }
            step => {
                self.is_told &= !matches!(step, Step::Hide(_));
                return steps::take(self, step);
            }
        }
        Ok(())
    }

    async fn ask_for_run(&mut self, plan_only: bool, some: bool) -> StockRunId {
        self.runs += 1;
        let id = StockRunId::new(format!("asked-{}", self.runs));
        let known = self.history.goods.iter().flat_map(|good| &good.skus);
        let skus = known.map(|(sku, _)| sku.as_str().into());
        let skus = if some { skus.take(2).collect() } else { Vec::new() };
        let request = StockRunRequest { id: id.clone(), by: RunBeginner::Operator, plan_only, skus };
        let (store, now) = (&self.stage.settings.store, self.stage.now());
        operator::read_stock(store, &CONNECTION.into(), request, now).await.unwrap();
        id
    }

    async fn run(&self, id: &StockRunId) -> Option<StockRun> {
        let reports = operator::stock_reports(&self.stage.settings.store).unwrap();
        reports.stock_run(&CONNECTION.into(), id).await.unwrap()
    }

    /// Lets some of the events held back through, and looks at what there is to do now.
    async fn look(&mut self) {
        let held = self.stage.amazon().pending_events().len();
        let mut positions: Vec<usize> = (0..held).filter(|_| self.dice.chance(60)).collect();
        let again: Vec<usize> = positions.iter().copied().filter(|_| self.dice.chance(20)).collect();
        positions.extend(again);
        self.dice.shuffle(&mut positions);
        self.stage.amazon().release_events_in_order(&positions);
        for _ in 0..1 + self.dice.below(2) {
            self.round().await;
            if self.dice.chance(60) {
                self.stage.advance(Duration::from_secs(3));
            }
        }
    }

    async fn round(&mut self) -> usize {
        for schedule in self.stage.sync().schedules() {
            schedule.pass(self.stage.now()).await.unwrap();
        }
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
        self.log.push(format!("    killed {:?}", mortal.borders.passed().last()));
        self.mortal = None;
        self.stage.restart().await;
        1
    }

    /// Lets all events through, and comes to rest.
    async fn rest(&mut self) {
        for _ in 0..MOST_RESTS {
            let held = self.stage.amazon().pending_events().len();
            let mut positions: Vec<usize> = (0..held).collect();
            self.dice.shuffle(&mut positions);
            self.stage.amazon().release_events_in_order(&positions);
            let mut rounds = 0;
            loop {
                rounds += 1;
                if rounds > MOST_ROUNDS {
                    self.wrong.push(format!("no rest: {:#?}", self.stage.backlog().await));
                    return;
                }
                if self.round().await > 0 {
                    continue;
                }
                match self.stage.next_due().await {
                    None => break,
                    Some(due) => self.stage.advance_to(due),
                }
            }
            if self.stage.amazon().pending_events().is_empty() {
                return;
            }
        }
        self.wrong.push("events without end".to_owned());
    }

    /// Ends all trouble, lets everything settle, reads and compares in full, and checks the account.
    async fn quiet(&mut self) {
        self.stage.clear_faults();
        self.mortal = None;
        let amazon = self.stage.amazon().clone();
        amazon.clear_page_faults();
        let mut habits = amazon.sp_api_habits();
        habits.hidden_by_name.clear();
        habits.hidden_in_lists.clear();
        if let Some(hidden) = self.history.habits.hidden_in_lists {
            habits.hidden_in_lists.insert(self.history.goods[hidden].skus[0].0.clone());
        }
        amazon.set_sp_api_habits(habits);
        amazon.set_stock_events(StockEventScript::default());
        self.rest().await;
        self.stage.advance(Duration::from_secs(2 * RESERVATION_LAG_S));
        self.rest().await;
        self.check_without_run();
        // what Amazon does not show must be missing at two instants, and no time passes within a run
        let runs = if self.history.habits.absent_is_zero { 3 } else { 2 };
        for run in 1..=runs {
            self.stage.advance(Duration::from_secs(1));
            let before = self.adjustments();
            let id = self.ask_for_run(false, false).await;
            self.rest().await;
            self.approve().await;
            let ended = self.run(&id).await;
            if ended.as_ref().is_none_or(|run| run.phase != RunPhase::Done) {
                self.wrong.push(format!("a run in quiet did not end well: {ended:#?}"));
            }
            if run == runs && self.adjustments() != before {
                self.wrong.push(format!("a run adjusted what was in step: {ended:#?}"));
            }
        }
        if !self.stage.sync().is_quiet().await.unwrap() {
            self.wrong.push("something waits although nothing is due".to_owned());
        }
        self.wrong.extend(check::broken(self).await);
        self.is_told = true;
        self.moved_by_staff.clear();
    }

    /// Checks what changes alone must have kept in step.
    fn check_without_run(&mut self) {
        if self.is_told && !self.history.habits.brakes {
            self.wrong.extend(check::drifted(self));
        }
    }

    fn adjustments(&self) -> usize {
        self.stage.netsuite().inventory_adjustments().len()
    }

    /// Says yes to whatever the brake holds.
    async fn approve(&mut self) {
        for _ in 0..5 {
            let all = self.stage.parked().await;
            let held: Vec<String> = all
                .into_iter()
                .filter(|parked| parked.key.lane == Lane::StockLevels && parked.reason.code == "stock_brake")
                .map(|parked| parked.subject)
                .collect();
            if held.is_empty() {
                return;
            }
            for subject in held {
                let (store, now) = (&self.stage.settings.store, self.stage.now());
                operator::approve(store, &CONNECTION.into(), Lane::StockLevels, subject, now).await.unwrap();
            }
            self.rest().await;
        }
        self.wrong.push("the brake holds whatever is approved".to_owned());
    }

    /// Units on hand of an item, none being zero.
    pub(crate) fn on_hand(&self, item: u64) -> rust_decimal::Decimal {
        let level = self.stage.netsuite().stock_level(item, LOCATION);
        level.and_then(|level| level.on_hand).unwrap_or_default()
    }
}
