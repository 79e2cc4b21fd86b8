//! Order histories as plain data, and how they are drawn: the same seed gives the same history.

use amz_sandbox::amazon::{CancellationReason, ItemCondition};
use amz_sandbox::netsuite::BillKind;

use super::dice::Dice;

/// Settings that a history may have.
const UNUSUAL: [(&str, &str); 7] = [
    ("POLICY__WHEN_UNFULFILLABLE", "back_order"),
    ("POLICY__RECEIVE_ON", "delivered"),
    ("POLICY__APPROVE_RETURNS", "false"),
    ("POLICY__CREDIT_FROM", "return_authorization"),
    ("POLICY__REFUND_PAYMENT", "later"),
    ("POLICY__REFUND_PAYMENT", "customer_refund"),
    ("POLICY__REFUND_SHIPPING", "with_last_unit"),
];

/// One line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrderLine {
    pub(crate) item: u64,
    pub(crate) units: u32,
    /// Price of a unit.
    pub(crate) cents: i64,
    /// Tax on the line.
    pub(crate) tax: i64,
}

/// Units of lines, counted from 0.
pub(crate) type Goods = Vec<(usize, u32)>;

/// How an outcome is reported about a package on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    DroppedOff,
    InTransit,
    Delivered,
    Failed,
}

/// What somebody at one of the vendors does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Our side comes to rest, in every play: what follows depends on what it did.
    Rest,
    /// Amazon packs the goods into the history's parcels.
    Pack,
    /// Amazon cancels a parcel before it leaves.
    Cancel(usize, CancellationReason),
    Ship(usize),
    Milestone(usize),
    Deliver(usize),
    Undeliverable(usize),
    /// Staff ask for the order to be cancelled.
    StaffCancel,
    Bill(BillKind, Goods),
    /// Staff take the payment of all invoices.
    Pay,
    StartReturn {
        lines: Goods,
        parcels: Vec<Goods>,
    },
    MoveReturn(usize, usize, Back),
    Grade(usize, (usize, u32), ItemCondition),
    Complete(usize),
    /// Amazon asks for a refund of its own.
    Ask(Goods),
    /// Staff authorize a return from the order.
    StaffReturn(Goods),
    /// Staff receive what is outstanding of the n-th authorization of theirs.
    StaffReceive(usize),
    /// Staff take back units of the n-th bill.
    Credit(usize, Goods),
    /// Staff pay out the n-th credit memo of theirs.
    PayOut(usize),
}

/// Everything that happens to one order, but for what our side makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    /// Settings that are not the usual ones.
    pub(crate) settings: Vec<(&'static str, &'static str)>,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) discount: i64,
    pub(crate) shipping: i64,
    pub(crate) parcels: Vec<Goods>,
    pub(crate) steps: Vec<Step>,
}

impl History {
    /// The history of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let lines: Vec<OrderLine> = (0..1 + dice.below(3))
            .map(|_| OrderLine {
                item: dice.pick(&[101, 102, 103]),
                units: dice.units(4),
                cents: dice.pick(&[1, 333, 999, 1990, 10_000]),
                tax: dice.pick(&[0, 1, 167, 333, 500]),
            })
            .collect();
        let worth: i64 = lines.iter().map(|line| line.cents * i64::from(line.units)).sum();
        let discount = if dice.chance(40) { worth / dice.pick(&[2, 3, 7, 10]) } else { 0 };
        let shipping = dice.pick(&[0, 0, 499]);
        let parcels = parcels(&mut dice, &lines);
        let mut steps = Vec::new();
        let mut lines = lines;
        if dice.chance(60) {
            // by design: the tax on what is left of a line is rounded by how the rest left it, so that parcels are
            // cancelled in such histories only whose tax needs no rounding
            lines.iter_mut().for_each(|line| line.tax -= line.tax % i64::from(line.units));
        }
        if dice.chance(8) {
            staff_cancel(&mut dice, &lines, &mut steps);
        } else {
            whole_life(&mut dice, &lines, &parcels, &mut steps);
        }
        let settings: Vec<_> = UNUSUAL.into_iter().filter(|_| dice.chance(15)).collect();
        if settings.contains(&("POLICY__CREDIT_FROM", "return_authorization")) {
            // by design: whether goods came back before a refund is looked at decides what it is made from, and with
            // that whether NetSuite keeps staff from crediting the same units of the bill once more
            steps.retain(|step| !matches!(step, Step::Credit(..) | Step::PayOut(_)));
        }
        Self { settings, lines, discount, shipping, parcels, steps }
    }
}

/// All units, put into one to four parcels.
fn parcels(dice: &mut Dice, lines: &[OrderLine]) -> Vec<Goods> {
    let mut parcels = vec![Goods::new(); 1 + dice.below(4)];
    for (line, of) in lines.iter().enumerate() {
        for _ in 0..of.units {
            let parcel = dice.below(parcels.len());
            add(&mut parcels[parcel], line, 1);
        }
    }
    parcels.retain(|goods| !goods.is_empty());
    parcels
}

fn add(goods: &mut Goods, line: usize, units: u32) {
    match goods.iter_mut().find(|(known, _)| *known == line) {
        Some((_, there)) => *there += units,
        None => goods.push((line, units)),
    }
    goods.sort_unstable();
}

fn all_of(lines: &[OrderLine]) -> Goods {
    lines.iter().enumerate().map(|(line, of)| (line, of.units)).collect()
}

/// Staff cancel before anything left.
fn staff_cancel(dice: &mut Dice, lines: &[OrderLine], steps: &mut Vec<Step>) {
    let kind = dice.pick(&[BillKind::Invoice, BillKind::CashSale]);
    if dice.chance(50) {
        steps.extend([Step::Bill(kind, all_of(lines)), Step::Rest]);
    }
    if dice.chance(50) {
        steps.push(Step::Pack);
    }
    steps.extend([Step::Rest, Step::StaffCancel, Step::Rest]);
    if dice.chance(30) {
        steps.push(Step::Ask(all_of(lines)));
    }
}

/// What becomes of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Waits,
    Cancelled(CancellationReason),
    Leaves,
    Arrives,
    ComesBack,
}

fn whole_life(dice: &mut Dice, lines: &[OrderLine], parcels: &[Goods], steps: &mut Vec<Step>) {
    use CancellationReason::{CustomerRequested, Unfulfillable};
    let kind = dice.pick(&[BillKind::Invoice, BillKind::CashSale]);
    let is_even = lines.iter().all(|line| line.tax % i64::from(line.units) == 0);
    let fates: Vec<Fate> = parcels
        .iter()
        .map(|_| match dice.below(100) {
            0..30 if !is_even => Fate::Arrives,
            0..15 => Fate::Cancelled(CustomerRequested),
            15..30 => Fate::Cancelled(Unfulfillable),
            30..35 => Fate::Waits,
            35..45 => Fate::Leaves,
            45..55 => Fate::ComesBack,
            _ => Fate::Arrives,
        })
        .collect();
    let goods_with = |wanted: &dyn Fn(Fate) -> bool| {
        let mut goods = Goods::new();
        for (parcel, _) in parcels.iter().zip(&fates).filter(|(_, fate)| wanted(**fate)) {
            parcel.iter().for_each(|(line, units)| add(&mut goods, *line, *units));
        }
        goods
    };
    let left = goods_with(&|fate| matches!(fate, Fate::Leaves | Fate::Arrives | Fate::ComesBack));
    let arrived = goods_with(&|fate| fate == Fate::Arrives);

    let billing = dice.below(10);
    if billing == 0 {
        // billed whole before anything leaves
        steps.extend([Step::Bill(kind, all_of(lines)), Step::Rest]);
    }
    steps.push(Step::Pack);
    let stories = fates.iter().enumerate().map(|(parcel, fate)| parcel_story(dice, parcel, *fate));
    let stories: Vec<Vec<Step>> = stories.collect();
    interleave(dice, stories, steps);
    if dice.chance(10) {
        steps.extend([Step::Rest, Step::StaffCancel, Step::Rest]);
    }
    if !left.is_empty() && (1..9).contains(&billing) {
        steps.push(Step::Rest);
        for bill in bills(dice, &left) {
            steps.push(Step::Bill(kind, bill));
        }
        if dice.chance(40) {
            // a credit is applied to an invoice only while it is open
            steps.extend([Step::Rest, Step::Pay]);
        }
        steps.push(Step::Rest);
    }
    let mut stories = returns(dice, &arrived);
    if dice.chance(30) && !left.is_empty() {
        stories.push(vec![Step::Ask(some(dice, &left))]);
    }
    if dice.chance(10) {
        stories.push(vec![Step::Ask(some(dice, &all_of(lines)))]);
    }
    interleave(dice, stories, steps);
    if !arrived.is_empty() && dice.chance(25) {
        steps.extend([Step::Rest, Step::StaffReturn(some(dice, &arrived)), Step::Rest]);
        if dice.chance(50) {
            steps.extend([Step::StaffReceive(0), Step::Rest]);
        }
    }
    if !left.is_empty() && dice.chance(25) {
        steps.extend([Step::Rest, Step::Credit(0, some(dice, &left)), Step::Rest]);
        if dice.chance(50) {
            steps.extend([Step::PayOut(0), Step::Rest]);
        }
        if dice.chance(40) {
            steps.push(Step::Ask(some(dice, &left)));
        }
    }
}

fn parcel_story(dice: &mut Dice, parcel: usize, fate: Fate) -> Vec<Step> {
    let mut story = match fate {
        Fate::Waits => return Vec::new(),
        Fate::Cancelled(reason) => return vec![Step::Cancel(parcel, reason)],
        Fate::Leaves | Fate::Arrives | Fate::ComesBack => vec![Step::Ship(parcel)],
    };
    if dice.chance(30) {
        story.push(Step::Milestone(parcel));
    }
    match fate {
        Fate::Arrives => story.push(Step::Deliver(parcel)),
        Fate::ComesBack => story.push(Step::Undeliverable(parcel)),
        Fate::Waits | Fate::Cancelled(_) | Fate::Leaves => {}
    }
    story
}

/// The same goods on one bill, or on two.
fn bills(dice: &mut Dice, goods: &Goods) -> Vec<Goods> {
    if dice.chance(70) {
        return vec![goods.clone()];
    }
    let mut halves = [Goods::new(), Goods::new()];
    for (line, units) in goods {
        for _ in 0..*units {
            add(&mut halves[dice.below(2)], *line, 1);
        }
    }
    halves.into_iter().filter(|half| !half.is_empty()).collect()
}

/// Some of the goods, at least one unit.
fn some(dice: &mut Dice, goods: &Goods) -> Goods {
    let mut chosen = Goods::new();
    for (line, units) in goods {
        if dice.chance(60) {
            chosen.push((*line, dice.units(*units)));
        }
    }
    if chosen.is_empty() {
        chosen.push((goods[0].0, 1));
    }
    chosen
}

fn returns(dice: &mut Dice, arrived: &Goods) -> Vec<Vec<Step>> {
    let mut left = arrived.clone();
    let mut stories = Vec::new();
    for number in 0..dice.pick(&[0, 1, 1, 2]) {
        left.retain(|(_, units)| *units > 0);
        if left.is_empty() {
            break;
        }
        let lines = some(dice, &left);
        for (line, units) in &lines {
            left.iter_mut().filter(|(known, _)| known == line).for_each(|(_, there)| *there -= units);
        }
        stories.push(return_story(dice, number, lines));
    }
    // returns are told apart by the order in which they start
    let starts: Vec<Step> = stories.iter_mut().map(|story: &mut Vec<Step>| story.remove(0)).collect();
    let mut merged = Vec::new();
    interleave(dice, stories, &mut merged);
    let mut story = starts;
    story.extend(merged);
    vec![story]
}

fn return_story(dice: &mut Dice, number: usize, lines: Goods) -> Vec<Step> {
    let mut parcels = vec![lines.clone()];
    if dice.chance(30) {
        let mut halves = [Goods::new(), Goods::new()];
        for (line, units) in &lines {
            for _ in 0..*units {
                add(&mut halves[dice.below(2)], *line, 1);
            }
        }
        parcels = halves.into_iter().filter(|half| !half.is_empty()).collect();
    }
    let mut story = vec![Step::StartReturn { lines: lines.clone(), parcels: parcels.clone() }];
    let mut came = Goods::new();
    for (parcel, goods) in parcels.iter().enumerate() {
        if dice.chance(40) {
            story.push(Step::MoveReturn(number, parcel, Back::DroppedOff));
        }
        if dice.chance(10) {
            continue;
        }
        story.push(Step::MoveReturn(number, parcel, Back::InTransit));
        if dice.chance(15) {
            story.push(Step::MoveReturn(number, parcel, Back::Failed));
            continue;
        }
        story.push(Step::MoveReturn(number, parcel, Back::Delivered));
        goods.iter().for_each(|(line, units)| add(&mut came, *line, *units));
    }
    use ItemCondition::{Damaged, Defective, FulfillmentExpired, Sellable};
    for (line, units) in &came {
        for _ in 0..*units {
            if dice.chance(85) {
                let condition = dice.pick(&[Sellable, Sellable, Damaged, Defective, FulfillmentExpired]);
                story.push(Step::Grade(number, (*line, 1), condition));
            }
        }
    }
    if dice.chance(75) {
        story.push(Step::Complete(number));
    }
    story
}

/// Merges stories at random; each keeps its own order.
fn interleave(dice: &mut Dice, stories: Vec<Vec<Step>>, into: &mut Vec<Step>) {
    let mut stories: Vec<_> = stories.into_iter().map(|story| story.into_iter().peekable()).collect();
    loop {
        stories.retain_mut(|story| story.peek().is_some());
        if stories.is_empty() {
            return;
        }
        let chosen = dice.below(stories.len());
        into.extend(stories[chosen].next());
    }
}
