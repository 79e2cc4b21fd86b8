//! Draws what a merchant stocks, and what happens to it.

use amz_sandbox::amazon::ShortUnits;

use crate::histories::dice::Dice;

/// How an item and Amazon's SKUs belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One SKU, the item's own.
    Plain,
    /// The item's own SKU and another one, added up.
    Summed,
    /// The item's own SKU and another one that does not count.
    Beside,
    /// Only the alias table knows its SKU.
    Aliased,
    /// Amazon never had its SKU.
    Unlisted,
    /// It has no SKU.
    Keyless,
    /// Its units are told apart by lot.
    Lot,
}

/// An item.
#[derive(Debug, Clone)]
pub(crate) struct Good {
    pub(crate) item: u64,
    pub(crate) kind: Kind,
    /// What stands in its field for SKUs.
    pub(crate) key: Option<String>,
    /// Amazon's SKUs for it, the one that orders name first, and how many units of each are there.
    pub(crate) skus: Vec<(String, i64)>,
    /// Units on hand in NetSuite.
    pub(crate) on_hand: Option<i64>,
    /// Units kept back, when the alias table says how many.
    pub(crate) buffer: Option<i64>,
}

impl Good {
    /// The SKUs whose units count.
    pub(crate) fn counting(&self) -> &[(String, i64)] {
        match self.kind {
            Kind::Summed => &self.skus,
            _ => &self.skus[..self.skus.len().min(1)],
        }
    }

    pub(crate) fn is_kept_in_step(&self, absent_is_zero: bool) -> bool {
        match self.kind {
            Kind::Plain | Kind::Summed | Kind::Beside | Kind::Aliased => true,
            Kind::Unlisted => absent_is_zero,
            Kind::Keyless | Kind::Lot => false,
        }
    }

    /// Whether orders for Amazon may name it.
    fn goes_to_amazon(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::Summed | Kind::Beside | Kind::Lot)
    }
}

/// What an order wants: goods by their position, the kit as [`KIT`].
pub(crate) type Wanted = Vec<(usize, u32)>;

/// Position of the kit among the goods.
pub(crate) const KIT: usize = 1_000;

/// SKU that Amazon has and no item stands for.
pub(crate) const STRAY: &str = "STRAY";

/// How the merchant and the vendors are set up.
#[derive(Debug, Clone)]
pub(crate) struct Habits {
    pub(crate) buffer_units: i64,
    pub(crate) buffer_percent: i64,
    /// Adds units between Amazon's buildings.
    pub(crate) adds_transshipment: bool,
    pub(crate) absent_is_zero: bool,
    pub(crate) road: &'static str,
    pub(crate) brakes: bool,
    pub(crate) is_scheduled: bool,
    pub(crate) reservation_delay_s: Option<u32>,
    pub(crate) short_units: ShortUnits,
    pub(crate) page_size: usize,
    /// Amazon leaves this good's first SKU out of lists.
    pub(crate) hidden_in_lists: Option<usize>,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    LostAnswer,
    DropBefore,
    ServerError,
    ServerErrorAfterCommit,
    Throttled,
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Receive(String, i64),
    Damage(String, i64),
    SellElsewhere(String, i64),
    Misplace(String, i64),
    Find(String, i64),
    /// Amazon does not show a SKU, until the next quiet.
    Hide(String),
    /// Staff enter an order for Amazon.
    Order {
        wanted: Wanted,
        hold: bool,
    },
    /// Staff enter an order of the own shop.
    OwnOrder(Wanted),
    /// Staff ship an order of the own shop.
    OwnShip(usize),
    /// Staff take an order off hold.
    Release(usize),
    /// Amazon ships an order.
    Ship(usize),
    /// Amazon ships a part of an order.
    ShipPart(usize),
    Deliver(usize),
    /// Amazon cancels what has not left of an order.
    CancelAtAmazon(usize),
    StaffCancel(usize),
    /// A shopper returns one unit of an order.
    Return {
        order: usize,
        sellable: bool,
    },
    /// Staff count a good and find so many more.
    Count(usize, i64),
    Events {
        lose: u32,
        double: u32,
        delay_s: u32,
    },
    FailPage {
        page: u32,
        status: u16,
    },
    Trouble {
        operation: usize,
        nth: u64,
        what: Trouble,
    },
    /// The process is killed at this border from now.
    Kill(usize),
    /// An operator asks for a run.
    Run {
        plan_only: bool,
        some: bool,
    },
    /// Some events arrive, and what is due is looked at.
    Look,
    /// All arrives, and all is done.
    Rest,
    Wait {
        seconds: u64,
    },
    /// Faults are off, all settles, and the account is checked.
    Quiet,
}

/// A history.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) goods: Vec<Good>,
    /// Members of the kit, by position, and how many of each.
    pub(crate) kit: Vec<(usize, u32)>,
    pub(crate) habits: Habits,
    pub(crate) steps: Vec<Step>,
}

impl History {
    /// The history of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x57_0C_C5);
        let habits = habits(&mut dice);
        let goods = goods(&mut dice);
        let plain: Vec<usize> =
            (0..goods.len()).filter(|position| goods[*position].kind == Kind::Plain).collect();
        let kit = match plain.as_slice() {
            [first, second, ..] if dice.chance(70) => vec![(*first, dice.units(2)), (*second, 1)],
            _ => Vec::new(),
        };
        // without stock in NetSuite nobody would ask for it by name
        let stocked = |position: &usize| goods[*position].on_hand > Some(0);
        let stocked: Vec<usize> = plain.iter().copied().filter(stocked).collect();
        let hidden_in_lists = (dice.chance(15) && !stocked.is_empty()).then(|| dice.pick(&stocked));
        let habits = Habits { hidden_in_lists, ..habits };
        let mut steps =
            Steps { dice, goods: &goods, has_kit: !kit.is_empty(), habits: &habits, orders: 0, own: 0 };
        let steps = steps.all();
        Self { goods, kit, habits, steps }
    }
}

fn habits(dice: &mut Dice) -> Habits {
    Habits {
        buffer_units: dice.pick(&[0, 0, 1, 3]),
        buffer_percent: dice.pick(&[0, 0, 0, 10, 25]),
        adds_transshipment: dice.chance(25),
        absent_is_zero: dice.chance(40),
        road: dice.pick(&["auto", "auto", "crawl", "named"]),
        brakes: dice.chance(25),
        is_scheduled: dice.chance(50),
        reservation_delay_s: dice.pick(&[None, Some(45), Some(240), Some(590)]),
        short_units: dice.pick(&[
            ShortUnits::WaitForStock,
            ShortUnits::WaitForStock,
            ShortUnits::StayUnreserved,
        ]),
        page_size: dice.pick(&[2, 3, 50]),
        hidden_in_lists: None,
    }
}

fn goods(dice: &mut Dice) -> Vec<Good> {
    let mut kinds = vec![Kind::Plain, Kind::Plain, Kind::Keyless];
    for _ in 0..2 + dice.below(8) {
        kinds.push(dice.pick(&[
            Kind::Plain,
            Kind::Plain,
            Kind::Plain,
            Kind::Summed,
            Kind::Beside,
            Kind::Aliased,
            Kind::Unlisted,
            Kind::Lot,
        ]));
    }
    let good = |(item, kind): (u64, Kind)| {
        let name = format!("SKU-{item}");
        let mut at_amazon = |sku: String| (sku, i64::try_from(dice.below(15)).unwrap());
        let skus = match kind {
            Kind::Plain | Kind::Lot | Kind::Aliased => vec![at_amazon(name.clone())],
            Kind::Summed | Kind::Beside => vec![at_amazon(name.clone()), at_amazon(format!("{name}-B"))],
            Kind::Unlisted | Kind::Keyless => Vec::new(),
        };
        let on_hand = dice.chance(80).then(|| i64::try_from(dice.below(20)).unwrap());
        let buffer =
            (kind != Kind::Keyless && dice.chance(20)).then(|| i64::try_from(dice.below(4)).unwrap());
        let key = (!matches!(kind, Kind::Keyless | Kind::Aliased)).then_some(name);
        Good { item, kind, key, skus, on_hand, buffer }
    };
    (201..).zip(kinds).map(good).collect()
}

/// Draws steps.
struct Steps<'goods> {
    dice: Dice,
    goods: &'goods [Good],
    has_kit: bool,
    habits: &'goods Habits,
    orders: usize,
    own: usize,
}

impl Steps<'_> {
    fn all(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.dice.chance(60) || self.habits.hidden_in_lists.is_some() {
            steps.push(Step::Quiet);
        }
        for _ in 0..10 + self.dice.below(31) {
            steps.push(self.step());
            if self.dice.chance(55) {
                steps.push(Step::Look);
            }
        }
        steps.push(Step::Quiet);
        steps
    }

    fn step(&mut self) -> Step {
        let units = i64::from(self.dice.units(4));
        match self.dice.below(100) {
            0..10 => Step::Receive(self.sku(), units),
            10..13 => Step::Damage(self.sku(), units),
            13..18 => Step::SellElsewhere(self.sku(), units),
            18..20 => Step::Misplace(self.sku(), units),
            20..22 => Step::Find(self.sku(), units),
            22..24 => Step::Hide(self.sku()),
            24..38 => {
                self.orders += 1;
                Step::Order { wanted: self.wanted(true), hold: self.dice.chance(15) }
            }
            38..42 => {
                self.own += 1;
                Step::OwnOrder(self.wanted(false))
            }
            42..44 => Step::OwnShip(self.dice.below(self.own)),
            44..46 => Step::Release(self.order()),
            46..54 => Step::Ship(self.order()),
            54..57 => Step::ShipPart(self.order()),
            57..61 => Step::Deliver(self.order()),
            61..63 => Step::CancelAtAmazon(self.order()),
            63..66 => Step::StaffCancel(self.order()),
            66..69 => Step::Return { order: self.order(), sellable: self.dice.chance(60) },
            69..74 => {
                let by = units * self.dice.pick(&[1, 1, -1]);
                Step::Count(self.dice.below(self.goods.len()), by)
            }
            74..79 => Step::Events {
                lose: self.dice.pick(&[0, 0, 0, 0, 1, 3]),
                double: self.dice.pick(&[0, 1, 3]),
                delay_s: self.dice.pick(&[0, 0, 0, 0, 30, 900]),
            },
            79..81 => Step::FailPage { page: self.dice.units(2), status: self.dice.pick(&[400, 403, 503]) },
            81..88 => self.trouble(),
            88..92 => Step::Kill(self.dice.below(80)),
            92..95 => Step::Run { plan_only: self.dice.chance(20), some: self.dice.chance(20) },
            95..97 => Step::Rest,
            97..99 => Step::Wait { seconds: self.dice.pick(&[1, 20, 120, 700, 4_000]) },
            _ => Step::Quiet,
        }
    }

    fn trouble(&mut self) -> Step {
        let what = [
            Trouble::LostAnswer,
            Trouble::LostAnswer,
            Trouble::DropBefore,
            Trouble::ServerError,
            Trouble::ServerErrorAfterCommit,
            Trouble::Throttled,
        ];
        let nth = u64::from(self.dice.units(3));
        Step::Trouble { operation: self.dice.below(usize::MAX), nth, what: self.dice.pick(&what) }
    }

    fn sku(&mut self) -> String {
        let all: Vec<&str> = self
            .goods
            .iter()
            .flat_map(|good| &good.skus)
            .map(|(sku, _)| sku.as_str())
            .chain([STRAY])
            .collect();
        self.dice.pick(&all).to_owned()
    }

    fn order(&mut self) -> usize {
        self.dice.below(self.orders)
    }

    fn wanted(&mut self, for_amazon: bool) -> Wanted {
        let fits = |good: &Good| match for_amazon {
            true => good.goes_to_amazon(),
            // without figures at Amazon and without stock, what the own shop wants is nobody's business
            false => good.kind != Kind::Unlisted || !self.habits.absent_is_zero,
        };
        let all: Vec<usize> = (0..self.goods.len()).filter(|position| fits(&self.goods[*position])).collect();
        let mut wanted: Wanted = Vec::new();
        for _ in 0..self.dice.units(3) {
            let position = self.dice.pick(&all);
            if wanted.iter().all(|(known, _)| *known != position) {
                wanted.push((position, self.dice.units(4)));
            }
        }
        if self.has_kit && self.dice.chance(20) {
            wanted.push((KIT, self.dice.units(2)));
        }
        wanted
    }
}
