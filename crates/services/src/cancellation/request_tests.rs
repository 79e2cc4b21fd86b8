//! Decisions of use case 4, on plain data.

use amz_domain::{Channel, ExecutionState, Generation, PackageContent, Quantity, SalesOrderStatus};
use rust_decimal::Decimal;

use super::*;
use crate::link::SentLine;
use crate::orders::fixtures::{line, sales_order};

/// An order of two lines, one unit each, that Amazon has; `states` are those of one package per line.
struct Case {
    order: SalesOrder,
    sent: SentOrder,
    amazon: AmazonOrder,
    link: Option<CancellationLink>,
    settings: CancellationSettings,
}

impl Case {
    fn new(states: &[&str]) -> Self {
        let sent = [1, 2].map(|number| SentLine {
            alias: format!("42:90{number}").into(),
            amazon_line: format!("L{number}").into(),
            line: LineNumber(number),
            sku: None,
            quantity: Quantity(1),
            delivery: None,
            closed: Quantity::ZERO,
            reduced: Quantity::ZERO,
            released: false,
            part: None,
            item: None,
        });
        let packages = states.iter().zip(1..).map(|(state, number)| Package {
            id: format!("P{number}").into(),
            state: (*state).into(),
            reason: (*state == "CANCELLED").then(|| "CUSTOMER_REQUESTED".into()),
            contents: vec![PackageContent { line: format!("L{number}").into(), quantity: Quantity(1) }],
            tracker: None,
        });
        Self {
            order: sales_order(vec![line(1, "A", 1, Decimal::ONE), line(2, "B", 1, Decimal::ONE)]),
            sent: SentOrder {
                is_foreign: false,
                amazon_order: "A-1".into(),
                generation: Generation::default(),
                channel: Channel::MultiChannel,
                execution: ExecutionState::Started,
                total: None,
                tax: None,
                recipient_digest: None,
                lines: sent.into(),
            },
            amazon: AmazonOrder {
                id: "A-1".into(),
                alias: None,
                execution: None,
                recipient: None,
                lines: Vec::new(),
                packages: packages.collect(),
                cancellations: Vec::new(),
                returns: Vec::new(),
                refunds: Vec::new(),
                links: Vec::new(),
            },
            link: None,
            settings: CancellationSettings::default(),
        }
    }

    fn requested(states: &[&str]) -> Self {
        let mut case = Self::new(states);
        case.order.marks.cancel_state = Some(CancelState::Requested);
        case
    }

    fn with_cancellation(mut self, alias: Option<&str>, state: &str) -> Self {
        self.amazon.cancellations.push(Cancellation {
            id: "C-1".into(),
            alias: alias.map(Into::into),
            state: state.into(),
            reason: None,
            requested_by: None,
            refunds: Vec::new(),
            created_at: None,
        });
        self
    }

    fn start(&self, in_flight: Option<&str>) -> Start {
        start(RequestFacts {
            order: &self.order,
            amazon: &self.amazon,
            sent: &self.sent,
            link: self.link.as_ref(),
            in_flight,
            account: "1234567",
            settings: &self.settings,
        })
    }

    fn standing(&self) -> Option<String> {
        standing(&self.order, &self.sent, self.link.as_ref(), &self.settings).map(|reason| reason.code)
    }

    fn link(&mut self, state: CancelState, reorder: &[u32]) {
        self.link = Some(CancellationLink {
            amazon_order: "A-1".into(),
            state,
            reorder: reorder.iter().map(|number| LineNumber(*number)).collect(),
            looks: 0,
        });
    }
}

fn asked(start: Start) -> (NewCancellation, Vec<LineNumber>) {
    match start {
        Start::Ask { cancellation, reorder } => (cancellation, reorder),
        other => panic!("Amazon is asked, not {other:?}"),
    }
}

#[test]
fn each_way_to_cancel_a_whole_order_asks_amazon_once_every_package_is_pending() {
    let wishes: [fn(&mut SalesOrder); 5] = [
        |order| order.marks.cancel_state = Some(CancelState::Requested),
        |order| order.marks.cancel_state = Some(" Requested".into()),
        |order| order.status = SalesOrderStatus::Closed,
        |order| order.status = SalesOrderStatus::Cancelled,
        |order| order.lines.iter_mut().for_each(|line| line.is_closed = true),
    ];
    for states in [&["PENDING", "PENDING"][..], &[]] {
        for wish in wishes {
            let mut case = Case::new(states);
            assert_eq!(case.start(None), Start::Nothing);
            wish(&mut case.order);
            let (cancellation, reorder) = asked(case.start(None));
            assert_eq!(cancellation.alias.as_str(), "1234567:42");
            assert!(reorder.is_empty());
            assert_eq!(case.start(Some("refund R is open")), Start::Wait("refund R is open".into()));
        }
    }
}

#[test]
fn the_reason_comes_from_the_table_in_settings() {
    let mut case = Case::requested(&["PENDING"]);
    case.settings.reasons.insert("Wrong address".into(), CancellationReason::IncorrectShippingAddress);
    assert_eq!(asked(case.start(None)).0.reason, CancellationReason::Other);
    case.order.marks.cancel_reason = Some(" wrong address ".into());
    assert_eq!(asked(case.start(None)).0.reason, CancellationReason::IncorrectShippingAddress);
}

#[test]
fn an_order_that_is_under_way_is_refused_with_the_reason() {
    for state in ["IN_TRANSIT", "DELIVERED", "SOMETHING_NEW"] {
        let Start::Refuse(why) = Case::requested(&["PENDING", state]).start(None) else {
            panic!("{state} is refused")
        };
        assert_eq!(why, format!("Amazon's package P2 is {state}"));
    }
    let mut fulfilled = Case::requested(&["PENDING", "PENDING"]);
    fulfilled.order.lines[0].quantity_fulfilled = Decimal::ONE;
    let Start::Refuse(why) = fulfilled.start(None) else { panic!("it is refused") };
    assert_eq!(why, "line 1 is fulfilled already, with 1");
}

#[test]
fn a_cancellation_that_amazon_knows_already_is_followed_and_not_asked_for_again() {
    let states = ["PENDING", "PENDING"];
    let follow = Start::Follow(Vec::new());
    for state in ["PENDING", "SUCCESS", "REJECTED", "SOMETHING_NEW"] {
        let ours = Case::requested(&states).with_cancellation(Some("1234567:42"), state);
        assert_eq!(ours.start(None), follow, "ours, {state}");
    }
    let shoppers = Case::requested(&states).with_cancellation(None, "PENDING");
    assert_eq!(shoppers.start(None), follow);
    let over = Case::requested(&states).with_cancellation(None, "REJECTED");
    asked(over.start(None));
    assert_eq!(
        Case::requested(&["CANCELLED", "CANCELLED"]).start(None),
        follow,
        "nothing is left to ask for"
    );
}

#[test]
fn a_cancellation_of_somebody_else_carries_no_lines_that_go_again() {
    let mut case = Case::new(&["PENDING", "PENDING"]).with_cancellation(None, "PENDING");
    case.order.lines[0].is_closed = true;
    case.settings.partial_cancel = PartialCancel::WholeAndReorder;
    assert_eq!(case.start(None), Start::Follow(Vec::new()));
    let case = case.with_cancellation(Some("1234567:42"), "PENDING");
    assert_eq!(case.start(None), Start::Follow(Vec::new()), "both run");
    let mut ours = Case::new(&["PENDING", "PENDING"]).with_cancellation(Some("1234567:42"), "PENDING");
    ours.order.lines[0].is_closed = true;
    ours.settings.partial_cancel = PartialCancel::WholeAndReorder;
    assert_eq!(ours.start(None), Start::Follow(vec![LineNumber(2)]));
}

#[test]
fn what_somebody_else_cancelled_of_an_order_answers_no_wish_for_the_rest() {
    let case = Case::requested(&["CANCELLED", "PENDING"]).with_cancellation(None, "SUCCESS");
    assert_eq!(case.start(None), Start::Refuse("Amazon's package P1 is CANCELLED".into()));
    assert_eq!(verdict(&case.amazon, &"1234567:42".into()), Some(CancelState::PartlyAccepted));
    let mut case = case;
    case.link(CancelState::PartlyAccepted, &[]);
    let message = verdict_message(&case.amazon, &case.sent, case.link.as_ref().unwrap());
    assert_eq!(message, "line 1 was cancelled; rejected: not shipped yet, and not cancelled: line 2");
    let running = case.with_cancellation(None, "PENDING");
    assert_eq!(verdict(&running.amazon, &"1234567:42".into()), None);
    let whole = Case::requested(&["CANCELLED", "CANCELLED"]).with_cancellation(None, "SUCCESS");
    assert_eq!(whole.start(None), Start::Follow(Vec::new()));
}

#[test]
fn some_lines_only_are_refused_or_cancel_the_whole_by_policy() {
    let mut case = Case::new(&["PENDING", "PENDING"]);
    case.order.lines[0].is_closed = true;
    let Start::Refuse(why) = case.start(None) else { panic!("it is refused") };
    assert_eq!(why, "Amazon cancels whole orders only, and just line 1 was closed");
    case.settings.partial_cancel = PartialCancel::WholeAndReorder;
    assert_eq!(asked(case.start(None)).1, [LineNumber(2)]);
    case.order.marks.cancel_state = Some(CancelState::Requested);
    assert!(asked(case.start(None)).1.is_empty(), "all of it is wanted cancelled");
}

#[test]
fn an_answered_wish_is_asked_for_again_only_when_staff_say_so() {
    let mut case = Case::new(&["PENDING", "PENDING"]);
    case.order.status = SalesOrderStatus::Closed;
    for state in [CancelState::Refused, CancelState::Rejected] {
        case.order.marks.cancel_state = Some(state);
        assert_eq!(case.start(None), Start::Nothing);
    }
    // of an earlier generation
    case.order.marks.cancel_state = Some(CancelState::Accepted);
    asked(case.start(None));
    case.order.marks.cancel_state = None;
    asked(case.start(None));
    case.link(CancelState::Rejected, &[]);
    assert_eq!(case.start(None), Start::Nothing);
    case.order.marks.cancel_state = Some(CancelState::Requested);
    asked(case.start(None));
}

#[test]
fn the_packages_decide_what_a_cancellation_came_to() {
    use CancelState::{Accepted, PartlyAccepted, Rejected};
    let cases: [(&[&str], Option<&str>, Option<CancelState>); 14] = [
        (&["PENDING", "PENDING"], None, None),
        (&["PENDING", "PENDING"], Some("PENDING"), None),
        (&["PENDING", "PENDING"], Some("SOMETHING_NEW"), None),
        (&["PENDING", "PENDING"], Some("SUCCESS"), None),
        (&["PENDING", "PENDING"], Some("REJECTED"), Some(Rejected)),
        (&["CANCELLED", "CANCELLED"], Some("SUCCESS"), Some(Accepted)),
        (&["CANCELLED", "CANCELLED"], Some("PENDING"), Some(Accepted)),
        (&["CANCELLED", "IN_TRANSIT"], Some("SUCCESS"), Some(PartlyAccepted)),
        (&["CANCELLED", "DELIVERED"], Some("PENDING"), Some(PartlyAccepted)),
        (&["CANCELLED", "PENDING"], Some("PENDING"), None),
        (&["CANCELLED", "PENDING"], Some("REJECTED"), Some(PartlyAccepted)),
        (&["IN_TRANSIT", "DELIVERED"], Some("PENDING"), Some(Rejected)),
        (&[], Some("SUCCESS"), Some(Accepted)),
        (&[], None, None),
    ];
    for (states, cancellation, expected) in cases {
        let mut case = Case::new(states);
        if let Some(state) = cancellation {
            case = case.with_cancellation(Some("1234567:42"), state);
        }
        assert_eq!(verdict(&case.amazon, &"1234567:42".into()), expected, "{states:?} {cancellation:?}");
    }
    let mut lost = Case::new(&["CANCELLED"]);
    lost.amazon.packages[0].reason = Some("UNDELIVERABLE".into());
    assert_eq!(verdict(&lost.amazon, &"1234567:42".into()), Some(Rejected), "it left");
}

#[test]
fn our_own_cancellation_counts_before_that_of_somebody_else() {
    let case = Case::new(&["PENDING"])
        .with_cancellation(None, "REJECTED")
        .with_cancellation(Some("1234567:42"), "PENDING")
        .with_cancellation(None, "REJECTED");
    assert_eq!(verdict(&case.amazon, &"1234567:42".into()), None);
    let others =
        Case::new(&["PENDING"]).with_cancellation(None, "PENDING").with_cancellation(None, "REJECTED");
    assert_eq!(verdict(&others.amazon, &"1234567:42".into()), None, "one still runs");
}

#[test]
fn f10_a_partial_outcome_names_what_is_gone_and_what_ships() {
    let mut case = Case::new(&["CANCELLED", "IN_TRANSIT"]);
    case.link(CancelState::PartlyAccepted, &[]);
    let message = verdict_message(&case.amazon, &case.sent, case.link.as_ref().unwrap());
    assert_eq!(message, "line 1 was cancelled; rejected: already shipping: line 2");
    case.link(CancelState::PartlyAccepted, &[1]);
    let message = verdict_message(&case.amazon, &case.sent, case.link.as_ref().unwrap());
    assert_eq!(
        message,
        "line 1 was cancelled; rejected: already shipping: line 2; line 1 is not sent to Amazon again"
    );
    case.link(CancelState::Rejected, &[]);
    assert_eq!(
        verdict_message(&case.amazon, &case.sent, case.link.as_ref().unwrap()),
        "rejected: already shipping"
    );
}

#[test]
fn an_answer_stays_parked_until_staff_have_seen_it() {
    let mut case = Case::new(&["PENDING", "PENDING"]);
    assert_eq!(case.standing(), None);
    case.order.marks.cancel_state = Some(CancelState::Refused);
    assert_eq!(case.standing().as_deref(), Some("cancel_too_late"));
    case.order.lines[0].is_closed = true;
    assert_eq!(case.standing().as_deref(), Some("cancel_partial_unsupported"));
    case.order.lines[1].is_closed = true;
    assert_eq!(case.standing().as_deref(), Some("cancel_too_late"));
    case.order.lines.iter_mut().for_each(|line| line.quantity_fulfilled = Decimal::ONE);
    assert_eq!(case.standing(), None, "the order is through");

    for (state, code) in
        [(CancelState::PartlyAccepted, "cancel_partly_accepted"), (CancelState::Rejected, "cancel_rejected")]
    {
        let mut case = Case::new(&[]);
        case.link(state.clone(), &[]);
        case.order.marks.cancel_state = Some(state);
        assert_eq!(case.standing().as_deref(), Some(code));
        case.order.marks.cancel_state = None;
        assert_eq!(case.standing(), None, "seen");
        case.order.lines[1].is_closed = true;
        assert_eq!(case.standing().as_deref(), Some(code), "the line must be reopened all the same");
    }
    let mut asked = Case::requested(&[]);
    asked.link(CancelState::Requested, &[]);
    assert_eq!(asked.standing(), None);
}

#[test]
fn lines_that_amazon_ships_although_staff_closed_them_are_to_be_reopened() {
    let mut case = Case::new(&["CANCELLED", "IN_TRANSIT"]);
    case.link(CancelState::PartlyAccepted, &[]);
    case.order.status = SalesOrderStatus::Closed;
    case.order.marks.cancel_state = Some(CancelState::PartlyAccepted);
    case.sent.lines[0].closed = Quantity(1);
    let reason = standing(&case.order, &case.sent, case.link.as_ref(), &case.settings).unwrap();
    assert!(reason.hint.starts_with("reopen line 2 in NetSuite"), "{}", reason.hint);
}

#[test]
fn looks_grow_apart_up_to_an_hour() {
    let first = Duration::from_secs(60);
    assert_eq!([0, 1, 5, 6, 40].map(|looks| wait(first, looks).as_secs()), [60, 120, 1920, 3600, 3600]);
}
